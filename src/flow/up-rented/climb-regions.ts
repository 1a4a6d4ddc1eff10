/** The regions of a plan in turn, until one gives a machine. */
import { LabosError } from '../../errors/labos-error.js'
import { isWorthAnotherRegion, notMade } from '../../provision/aws/failure.js'
import type { RentedLab } from '../../state/record.js'
import { ensureLabDir, saveLab } from '../../state/store.js'
import type { Context } from '../context.js'
import { decoded } from './decoded.js'
import { prepare } from './prepare.js'
import type { RentUpRequest } from './request.js'
import { seenMachine } from './seen-machine.js'
import { watch } from './watch.js'

/** Refusals of the facts after which another region may still do. */
const ELSEWHERE: ReadonlySet<string> = new Set([
  'quota.vcpu',
  'capacity.none',
  'aws.network',
  'aws.region',
  'aws.image',
])

/** Resolves to the record of a lab whose machine runs. Throws why no region gave one. */
export async function climbRegions(
  draft: RentedLab,
  request: RentUpRequest,
  agree: () => Promise<void>,
  context: Context,
  signal: AbortSignal,
): Promise<RentedLab> {
  const inPlan = new Set(draft.plan.offers.map(({ region }) => region))
  const regions = request.wish.regions.filter((region) => inPlan.has(region))
  const errors: LabosError[] = []
  let record = draft
  for (const [index, region] of regions.entries()) {
    const result = await makeIn(record, region, request, agree, context, signal)
    if (!(result.error instanceof LabosError)) return result.record
    record = result.record
    errors.push(result.error)
    if (!result.isWorthAnother) throw result.error
    const next = regions[index + 1]
    if (next !== undefined)
      context.emit({ type: 'note', step: 'machine', text: `${result.error.message} On to ${next}.` })
  }
  throw errors.find(({ code }) => code !== 'capacity.none') ?? errors.at(-1) ?? new Error('a plan without regions')
}

interface RegionResult {
  readonly record: RentedLab
  readonly error?: LabosError
  readonly isWorthAnother?: boolean
}

/** The engine starts while the facts are read and the user is asked; nothing is made before both are done. */
export async function makeIn(
  lab: RentedLab,
  region: string,
  request: RentUpRequest,
  agree: () => Promise<void>,
  context: Context,
  signal: AbortSignal,
  refresh = false,
): Promise<RegionResult> {
  await ensureLabDir(context.paths, lab.name)
  const watched = watch(lab, context)
  let refusal: LabosError | undefined
  const over = new AbortController()
  const spec = prepare(lab, region, request, context, AbortSignal.any([signal, over.signal]))
    .catch((error: unknown) => {
      if (error instanceof LabosError && ELSEWHERE.has(error.code)) refusal = error
      throw error
    })
    .then(async (prepared) => {
      await agree()
      over.signal.throwIfAborted() // the engine has ended: nothing may be begun any more
      // Before the first request that makes something: from here on there may be a machine.
      const record = { ...prepared.record, regions: [...new Set([...lab.regions, region])] }
      await saveLab(context.paths, record)
      watched.begin(record)
      return prepared.spec
    })
  try {
    const wish = { name: lab.name, labId: lab.id, spec, refresh, say: watched.say }
    const outcome = await context.stack.up(wish, signal)
    const record = await watched.end()
    if ('machine' in outcome) {
      const made = seenMachine(record, outcome.machine, context.clock.now())
      await saveLab(context.paths, { ...made, stepsDone: ['plan', 'machine'] })
      return { record: { ...made, stepsDone: ['plan', 'machine'] } }
    }
    const failed = await decoded(outcome.failed, context, signal)
    return { record, error: notMade(failed), isWorthAnother: isWorthAnotherRegion(failed) }
  } catch (error) {
    over.abort(error)
    await spec.catch(() => undefined)
    const record = await watched.end()
    if (refusal !== undefined && error === refusal) return { record, error: refusal, isWorthAnother: true }
    throw error
  }
}
