/** Ends a rented lab that has a record here, and proves that nothing of it is left in AWS. Under the lab's lock. */
import type { CloudMachine } from '../cloud-ports.js'
import { LabosError } from '../errors/labos-error.js'
import type { RentedLab } from '../state/record.js'
import { removeLab, saveLab } from '../state/store.js'
import { destroyLab, type Destroyed } from '../teardown/destroy-lab.js'
import { checkAccount } from './check-account.js'
import type { Context } from './context.js'
import { closeEndpoint } from './end-running.js'
import { briefly, type DownResult } from './down-result.js'
import { costOfLab, machinePriceOf, withMachine, withoutMachine } from './rented-record.js'
import { stillRuns } from './still-runs.js'
import { incomplete } from './teardown-text.js'

/**
 * Throws `teardown.incomplete` with what is left, its price and what could not be known; `aws.account`, `aws.credentials`
 * and `aws.unreachable` when nothing could be asked. The record is kept then.
 */
export async function downRented(
  record: RentedLab,
  { noWait = false }: { readonly noWait?: boolean },
  context: Context,
  signal: AbortSignal,
): Promise<DownResult> {
  const { name } = record
  const sinceMs = context.clock.monotonicMs()
  const endedMs = context.clock.now()
  context.emit({ type: 'start', step: 'teardown', text: `ending ${name}${placeText(record)}` })
  // Beside it: what costs money is told to end first.
  const [{ settleUntilMs = 0, destroyed }] = await Promise.all([
    giveBack(record, noWait, context, signal),
    closeEndpoint(name, context, signal),
  ])
  const { left, unknown } = destroyed
  const seen = afterwards(record, destroyed, endedMs)
  const isGone = left.length === 0 && unknown.length === 0 && !(noWait && settleUntilMs > context.clock.now())
  if (isGone) await forget(record, context, signal)
  else await saveLab(context.paths, seen)
  if (!isGone && (!noWait || unknown.length > 0)) throw leftError(record, destroyed)
  const text = isGone ? `${name} is gone: a search by its tags finds nothing` : `${name} was told to end`
  context.emit({ type: 'done', step: 'teardown', text, elapsedMs: context.clock.monotonicMs() - sinceMs })
  return { ...resultOf(record, seen, destroyed, endedMs), outcome: isGone ? 'removed' : 'ending' }
}

function resultOf(
  record: RentedLab,
  seen: RentedLab,
  destroyed: Destroyed,
  endedMs: number,
): Omit<DownResult, 'outcome'> {
  const { name, id, machine, billed } = record
  const wasGone = machine !== undefined && !seenIn(destroyed).some((each) => each.id === machine.id)
  const isAtMost = wasGone && billed.at(-1)?.what !== 'nothing'
  return {
    name,
    id,
    usd: seen.machine ? costOfLab(seen, endedMs).usdSoFar : 0,
    ...(isAtMost ? { usdIs: 'at-most' as const } : {}),
    removed: destroyed.removed.map(briefly),
    purged: [],
  }
}

const placeText = ({ machine }: RentedLab): string => (machine ? `: ${machine.id} in ${machine.region}` : '')

async function giveBack(
  record: RentedLab,
  noWait: boolean,
  context: Context,
  signal: AbortSignal,
): Promise<{ readonly destroyed: Destroyed; readonly settleUntilMs?: number }> {
  const { machine, name } = record
  const regions = [...record.regions, ...(machine ? [machine.region] : [])]
  if (regions.length > 0) await checkAccount(record, context, signal)
  try {
    const settled = await context.stack.settle(name, signal)
    const wish = { labId: record.id, regions, noWait, ...(machine ? { machine } : {}), ...settled }
    return { ...settled, destroyed: await destroyLab(wish, { ...context, price: machinePriceOf(record) }, signal) }
  } catch (error) {
    throw error instanceof LabosError
      ? error.withAftermath(`It is not seen to be gone: \`labos down ${name}\` goes on. ${stillRuns(record)}`)
      : error
  }
}

/** The record after what was seen. A machine is billed until it is told to end. */
function afterwards(record: RentedLab, destroyed: Destroyed, endedMs: number): RentedLab {
  const known = record.machine ? record : withFound(record, seenIn(destroyed)[0], endedMs)
  if (!known.machine) return record
  const left = destroyed.left.map((each) => each.machine).find((each) => each?.id === known.machine?.id)
  return left ? withMachine(known, left, endedMs) : withoutMachine(known, endedMs)
}

/** `up` was killed before it could write its machine down. */
function withFound(record: RentedLab, machine: CloudMachine | undefined, endedMs: number): RentedLab {
  if (!machine) return record
  const billed = [{ at: machine.launchedAt, what: 'running' as const }]
  return withMachine({ ...record, billed }, { ...machine, state: 'running' }, endedMs)
}

const seenIn = ({ removed, left }: Destroyed): CloudMachine[] =>
  [...left, ...removed].flatMap(({ machine }) => machine ?? [])

const leftError = (record: RentedLab, destroyed: Destroyed): LabosError =>
  incomplete({
    name: record.name,
    destroyed,
    hasRecord: true,
    ifUnseen: stillRuns(record),
    ...(record.expiresAt === undefined ? {} : { expiresAt: record.expiresAt }),
  })

async function forget({ name, id }: RentedLab, { stack, paths }: Context, signal: AbortSignal): Promise<void> {
  try {
    await stack.forget(name, id, signal)
    await removeLab(paths, name)
  } catch (error) {
    throw error instanceof LabosError
      ? error.withAftermath(`Nothing of ${name} is left in AWS; only its record here is: \`labos down ${name}\` again.`)
      : error
  }
}
