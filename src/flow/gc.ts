/** What labos left in AWS: labs without a record here, past their deadline, or of a `labos run` that was killed. Listed, then given back. */
import { LabosError } from '../errors/labos-error.js'
import { type CloudLab, sumOf } from '../plan/aws/cloud-labs.js'
import { labNames, readRentedLab } from '../state/read.js'
import { formatDuration, formatUsd } from '../ui/format.js'
import type { Context } from './context.js'
import { downCloudLab } from './down-by-tags.js'
import { down } from './down.js'
import type { DownResult } from './down-result.js'
import { isOwnOrphan } from './run/orphan.js'
import { type RegionsWish, type Search, searchCloud } from './search-cloud.js'

export interface GcRequest extends RegionsWish {
  readonly dryRun: boolean
  /** The user said yes beforehand. */
  readonly agreed: boolean
  /** Labs of others too. */
  readonly allOwners: boolean
}

/** Public: `labos gc --json` prints it. */
export interface GcReport {
  readonly regions: readonly string[]
  /** Oldest first. */
  readonly labs: readonly Leftover[]
  /** Regions that did not answer: what is there is not known. */
  readonly unknown: readonly { readonly region: string; readonly why: string }[]
  /** Of what is still there: US dollars an hour; null = not known. */
  readonly usdPerHour: number | null
}

export interface Leftover {
  readonly lab: CloudLab
  /** `no-record`: this computer knows nothing of it. `expired`: its deadline has passed. `no-run`: its `labos run` was killed. */
  readonly because: 'no-record' | 'expired' | 'no-run'
  readonly isYours: boolean
  /** Its record on this computer. */
  readonly recordedAs?: string
  /** `found`: nothing was done, as it is another's, or `--dry-run`. */
  readonly outcome: 'found' | 'removed' | 'left'
  /** Why it is left. */
  readonly why?: string
}

/** Throws what searching throws, `input.needed` and `interrupted` where there is no yes. Labs that are left are in the report. */
export async function gc(request: GcRequest, context: Context, signal: AbortSignal): Promise<GcReport> {
  const search = await searchCloud(request, context, signal)
  const leftovers = leftoversOf(search.labs, await recordsHere(context), context)
  const { removable, kept } = sorted(leftovers, request)
  if (removable.length > 0) await agree(removable, request, context)
  const done = new Map(kept.map((leftover) => [leftover.lab.id, leftover]))
  for (const leftover of removable) done.set(leftover.lab.id, await removed(leftover, search, context, signal))
  const labs = leftovers.map((leftover) => done.get(leftover.lab.id) ?? leftover)
  return {
    regions: search.regions,
    labs,
    unknown: search.unknown.map(({ region, error }) => ({ region, why: error.message })),
    usdPerHour: sumOf(labs.filter(({ outcome }) => outcome !== 'removed').map(({ lab }) => lab.usdPerHour)),
  }
}

function leftoversOf(
  labs: readonly CloudLab[],
  records: ReadonlyMap<string, RecordHere>,
  { owner, clock }: Context,
): Leftover[] {
  const nowMs = clock.now()
  return labs.flatMap((lab) => {
    const { name: recordedAs, isOrphaned = false } = records.get(lab.id) ?? {}
    const isExpired = lab.expiresAt !== undefined && Date.parse(lab.expiresAt) <= nowMs
    if (recordedAs !== undefined && !isExpired && !isOrphaned) return []
    return [
      {
        lab,
        because: isExpired ? 'expired' : isOrphaned ? 'no-run' : 'no-record',
        isYours: lab.owner === owner,
        ...(recordedAs === undefined ? {} : { recordedAs }),
        outcome: 'found',
      },
    ]
  })
}

interface RecordHere {
  readonly name: string
  /** Nobody waits for it. */
  readonly isOrphaned: boolean
}

/** Rented labs with a record, by id. A record that cannot be read may be of any of them, so nothing is taken for left over. */
async function recordsHere(context: Context): Promise<Map<string, RecordHere>> {
  const { paths } = context
  const records = labNames(paths).flatMap((name) => readRentedLab(paths, name) ?? [])
  const known = records.map(async (record) => {
    return [record.id, { name: record.name, isOrphaned: await isOwnOrphan(record, context) }] as const
  })
  return new Map(await Promise.all(known))
}

function sorted(
  leftovers: readonly Leftover[],
  { dryRun, allOwners }: GcRequest,
): { readonly removable: readonly Leftover[]; readonly kept: readonly Leftover[] } {
  const isRemovable = ({ isYours }: Leftover): boolean => !dryRun && (isYours || allOwners)
  return {
    removable: leftovers.filter(isRemovable),
    kept: leftovers.filter((leftover) => !isRemovable(leftover)),
  }
}

async function agree(
  removable: readonly Leftover[],
  { agreed }: GcRequest,
  { prompt, clock, emit }: Context,
): Promise<void> {
  if (agreed) return
  for (const { lab } of removable) emit({ type: 'note', step: 'teardown', text: leftoverLine(lab, clock.now()) })
  const what = `${String(removable.length)} lab${removable.length === 1 ? '' : 's'}`
  if (!prompt)
    throw new LabosError('input.needed', `Removing ${what} needs a yes, and there is no terminal to ask at.`, {
      suggestions: ['Agree beforehand: `labos gc --yes`.', 'Or only look: `labos gc --dry-run`.'],
      aftermath: 'Nothing was removed.',
    })
  if (await prompt.confirm(`Remove ${what}?`, false)) return
  throw new LabosError('interrupted', 'Nothing was removed: you said no.', {
    suggestions: ['Remove one of them: `labos down ID`.'],
  })
}

/** `lab-1 (one) of me@here, machine running, 3 h 00 m old, $1.87/h`. */
function leftoverLine({ id, name, owner, state, createdAt, usdPerHour }: CloudLab, nowMs: number): string {
  const parts = [
    `${id}${name === undefined ? '' : ` (${name})`} of ${owner ?? 'nobody named'}`,
    state === 'none' ? 'no machine' : `machine ${state}`,
    ...(createdAt === undefined ? [] : [`${formatDuration(nowMs - Date.parse(createdAt))} old`]),
    usdPerHour === null ? 'at an unknown price' : `${formatUsd(usdPerHour)}/h`,
  ]
  return parts.join(', ')
}

/** One that stays stops no other from being removed. */
async function removed(leftover: Leftover, search: Search, context: Context, signal: AbortSignal): Promise<Leftover> {
  try {
    await end(leftover, search, context, signal)
    return { ...leftover, outcome: 'removed' }
  } catch (error) {
    signal.throwIfAborted()
    if (!(error instanceof LabosError)) throw error
    return { ...leftover, outcome: 'left', why: error.message }
  }
}

function end(
  { lab, recordedAs }: Leftover,
  search: Search,
  context: Context,
  signal: AbortSignal,
): Promise<DownResult> {
  if (recordedAs === undefined) return downCloudLab(lab, {}, search, context, signal)
  return down({ name: recordedAs, ignoreNotFound: true, force: false, purge: false }, context, signal)
}
