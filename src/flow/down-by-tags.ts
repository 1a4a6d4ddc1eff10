/** Ends labs that have no record here: found by their tags. */
import { LabosError } from '../errors/labos-error.js'
import type { CloudLab } from '../plan/aws/cloud-labs.js'
import { checkLabName } from '../state/paths.js'
import { labNames } from '../state/read.js'
import { destroyLab } from '../teardown/destroy-lab.js'
import type { Context } from './context.js'
import { briefly, type DownResult } from './down-result.js'
import type { Search } from './search-cloud.js'
import { incomplete } from './teardown-text.js'

const HOUR_MS = 3_600_000

/** Throws `teardown.incomplete` with what is left, its price and what could not be known. */
export async function downCloudLab(
  lab: CloudLab,
  { noWait = false }: { readonly noWait?: boolean },
  { price }: Pick<Search, 'price'>,
  context: Context,
  signal: AbortSignal,
): Promise<DownResult> {
  const { id, name = id, regions, expiresAt } = lab
  const sinceMs = context.clock.monotonicMs()
  context.emit({ type: 'start', step: 'teardown', text: `ending ${id} in ${regions.join(', ')}` })
  const usd = costEstimate(lab, context.clock.now())
  const destroyed = await destroyLab({ labId: id, regions, noWait }, { ...context, price }, signal)
  const isGone = destroyed.left.length === 0 && destroyed.unknown.length === 0
  if (!isGone && !(noWait && destroyed.unknown.length === 0))
    throw incomplete({ name: id, destroyed, hasRecord: false, ...(expiresAt === undefined ? {} : { expiresAt }) })
  if (isGone && isFree(lab.name, context)) await context.stack.forget(lab.name, id, signal)
  context.emit({
    type: 'done',
    step: 'teardown',
    text: isGone ? `${id} is gone: a search by its tags finds nothing` : `${id} was told to end`,
    elapsedMs: context.clock.monotonicMs() - sinceMs,
  })
  const outcome = isGone ? 'removed' : 'ending'
  return { name, id, outcome, usd, usdIs: 'estimate', removed: destroyed.removed.map(briefly), purged: [] }
}

/** A name that labos gives, and that no other lab of this computer has. */
function isFree(name: string | undefined, { paths }: Context): name is string {
  try {
    return name !== undefined && !labNames(paths).includes(checkLabName(name))
  } catch {
    return false // anybody may write a tag
  }
}

/** As if it had run since its first thing was made. */
function costEstimate({ createdAt, usdPerHour }: CloudLab, nowMs: number): number | null {
  if (createdAt === undefined || usdPerHour === null) return null
  return (usdPerHour * Math.max(0, nowMs - Date.parse(createdAt))) / HOUR_MS
}

/**
 * The lab of that id, whoever's it is, or of that name, if it is this user's; another user's is asked about where there is
 * a terminal. Undefined where there is none. Throws `lab.ambiguous`.
 */
export async function cloudLabNamed(
  named: string,
  { labs }: Pick<Search, 'labs'>,
  { prompt, owner }: Pick<Context, 'prompt' | 'owner'>,
): Promise<CloudLab | undefined> {
  const byId = labs.find(({ id }) => id === named)
  if (byId) return byId
  const alike = labs.filter(({ name }) => name === named)
  const own = alike.filter((lab) => lab.owner === owner)
  if (own.length > 1) throw ambiguous(named, own)
  const [lab] = own
  if (lab) return lab
  const [other, ...more] = alike
  if (!other || more.length > 0 || !prompt) return undefined
  const question = `"${named}" is of ${other.owner ?? 'somebody'}, not of ${owner} (${other.id}). End it?`
  return (await prompt.confirm(question, false)) ? other : undefined
}

const ambiguous = (named: string, own: readonly CloudLab[]): LabosError =>
  new LabosError(
    'lab.ambiguous',
    `There are ${String(own.length)} labs "${named}" in AWS: ${own.map(({ id, regions }) => `${id} in ${regions.join(', ')}`).join('; ')}.`,
    { suggestions: [`Name one by its id: \`labos down ${own[0]?.id ?? ''}\`.`, 'See them: `labos ps --all-regions`.'] },
  )

/** What a user may have meant whose lab was not found: those of others, which are never ended by name alone. */
export const ofOthers = (named: string, { labs }: Pick<Search, 'labs'>): string[] =>
  labs
    .filter(({ name }) => name === named)
    .map(
      ({ id, owner, regions }) =>
        `Of ${owner ?? 'somebody else'} there is one, in ${regions.join(', ')}; to end it, give its id: \`labos down ${id}\`.`,
    )
