/** What a failed or interrupted first `up` made is removed again, and the error says so, or what is left and its price. */
import { LabosError } from '../../errors/labos-error.js'
import { readLab } from '../../state/read.js'
import { isRented, type RentedLab } from '../../state/record.js'
import { removeLab } from '../../state/store.js'
import { destroyLab } from '../../teardown/destroy-lab.js'
import type { Context } from '../context.js'
import { closeEndpoint } from '../end-running.js'
import { machinePriceOf } from '../rented-record.js'
import { stillRuns } from '../still-runs.js'
import type { RentUpRequest } from './request.js'

/** As long as `labos down` takes at most. */
const LONGEST_MS = 20 * 60_000

export async function guarded<T>(
  { name }: RentedLab,
  { keep, runner }: Pick<RentUpRequest, 'keep' | 'runner'>,
  context: Context,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work()
  } catch (error) {
    const record = readLab(context.paths, name)
    if (!record || !isRented(record) || record.regions.length === 0) {
      await removeLab(context.paths, name) // the stack's folder; nothing was made
      throw told(error, 'Nothing was created.')
    }
    if (keep) throw told(error, `It is kept, as you said. ${stillRuns(record)} Remove it: \`labos down ${name}\`.`)
    if (!runner && isWorthALook(error, context))
      throw told(
        error,
        `It is kept, so that its logs can be read. ${stillRuns(record)} Remove it: \`labos down ${name}\`.`,
      )
    const { isGone, text } = await undone(record, context)
    throw isGone ? withoutLab(error, text) : told(error, text)
  }
}

/** A machine that is there and does not serve says why in its logs, where somebody is there to read them: not for `labos run`. */
export const isWorthALook = (error: unknown, { prompt, env }: Context): boolean =>
  error instanceof LabosError && LOOKED_AT.has(error.code) && prompt !== undefined && !env['CI']

const LOOKED_AT: ReadonlySet<string> = new Set(['laboratory.failed', 'serving.failed', 'serving.canary'])

/** What is removed has no logs any more, and is nothing to go on with. */
export function withoutLab(error: unknown, aftermath: string): unknown {
  if (!(error instanceof LabosError)) return error
  if (LOOKED_AT.has(error.code)) return error.withAftermath(aftermath, [KEEP])
  return error.withAftermath(
    aftermath,
    STALE.has(error.code) ? ['Run the same command again: it begins anew.'] : undefined,
  )
}

const KEEP =
  'To read its logs: `labos up` again with `--keep`, which leaves what does not serve until its boot deadline.'
/** Their advice is about a lab that is there. */
const STALE: ReadonlySet<string> = new Set(['interrupted', 'machine.gone'])

const told = (error: unknown, aftermath: string): unknown =>
  error instanceof LabosError ? error.withAftermath(aftermath) : error

interface Undone {
  readonly isGone: boolean
  /** A sentence on what is left. */
  readonly text: string
}

/** Removes the lab. */
async function undone(record: RentedLab, context: Context): Promise<Undone> {
  const { name, id, regions, machine } = record
  const signal = AbortSignal.timeout(LONGEST_MS)
  context.emit({ type: 'start', step: 'teardown', text: `removing what was made of ${name}` })
  const sinceMs = context.clock.monotonicMs()
  try {
    const settled = await context.stack.settle(name, signal)
    const [{ left, unknown }] = await Promise.all([
      destroyLab(
        { labId: id, regions, ...(machine ? { machine } : {}), ...settled },
        { ...context, price: machinePriceOf(record) },
        signal,
      ),
      closeEndpoint(name, context, signal),
    ])
    if (left.length === 0 && unknown.length === 0) {
      await context.stack.forget(name, id, signal)
      await removeLab(context.paths, name)
      const elapsedMs = context.clock.monotonicMs() - sinceMs
      context.emit({ type: 'done', step: 'teardown', text: `nothing of ${name} is left in AWS`, elapsedMs })
      return { isGone: true, text: 'What was made is removed again: nothing of it is left in AWS.' }
    }
  } catch (error) {
    if (!(error instanceof LabosError)) throw error
  }
  return { isGone: false, text: `It could not be removed. ${stillRuns(record)} Remove it: \`labos down ${name}\`.` }
}
