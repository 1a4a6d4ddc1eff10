/** Ends one lab that has a record here, on this computer or rented, and proves that nothing of it is left. */
import { LabosError } from '../errors/labos-error.js'
import type { Leftover } from '../ports.js'
import { type LockHolder, takeLock } from '../state/lock.js'
import { checkLabName, lockPath } from '../state/paths.js'
import { labNames, readLab } from '../state/read.js'
import { isOnMachine, isRented, type LabRecord, type LocalLab } from '../state/record.js'
import { removeLab, setRecordAside } from '../state/store.js'
import { unknownLab } from './choose-lab.js'
import type { Context } from './context.js'
import { endDamagedRented } from './down-damaged.js'
import { downHost } from './down-host.js'
import { downRented } from './down-rented.js'
import type { DownRequest, DownResult } from './down-result.js'
import { endRunning, endRunningByForce } from './end-running.js'
import { purgeUnused } from './purge.js'

const WAIT_MS = 60_000
/** An `up` that is asked to stop gives its machine back first, and machines take their time to end. */
const RENTED_WAIT_MS = 20 * 60_000

/**
 * Ends a lab, proves that nothing of it is left, then forgets it. Throws `teardown.incomplete` with what is left, and for a
 * rented lab what `downRented` throws.
 */
export async function down(request: DownRequest, context: Context, signal: AbortSignal): Promise<DownResult> {
  const { name } = request
  checkLabName(name)
  const notFound: DownResult = { name, outcome: 'not-found', usd: 0, purged: [] }
  if (!labNames(context.paths).includes(name)) {
    if (!request.ignoreNotFound) throw unknownLab(name, labNames(context.paths))
    return notFound
  }
  const waitMs = isRentedHere(name, context) ? RENTED_WAIT_MS : WAIT_MS
  const up = { isStopped: false }
  const onWait = (holder: LockHolder): void => {
    up.isStopped = isUp(holder)
    void stopUp(holder, context)
  }
  const wish = { command: `labos down ${name}`, waitMs, onWait }
  const release = await takeLock(lockPath(context.paths, name), wish, context, signal)
  try {
    if (labNames(context.paths).includes(name)) return await downLocked(request, context, signal)
    // What is removed is forgotten last: without a record nothing is left of it.
    return up.isStopped ? { name, outcome: 'undone', usd: null, purged: [] } : notFound
  } finally {
    await release()
  }
}

function isRentedHere(name: string, { paths }: Context): boolean {
  try {
    const record = readLab(paths, name)
    return record !== undefined && isRented(record)
  } catch {
    return false // what is wrong with it is said when it is read again
  }
}

const isUp = ({ command }: LockHolder): boolean => /^labos (?:up|start) /.test(command)

/** An `up` or `start` that still runs is asked to stop, as Ctrl-C would: it removes what it made, and lets go of the lab. */
async function stopUp(holder: LockHolder, { emit, processes }: Context): Promise<void> {
  const who = `\`${holder.command}\` (pid ${String(holder.pid)})`
  if (!isUp(holder)) {
    emit({ type: 'note', text: `waiting for ${who}` })
    return
  }
  emit({ type: 'note', text: `stopping ${who} first` })
  await processes.kill(holder, 'SIGTERM').catch(() => undefined) // another user's, for example: it is waited for
}

async function downLocked(request: DownRequest, context: Context, signal: AbortSignal): Promise<DownResult> {
  const record = readOrForce(request, context)
  if (!record || record === 'damaged' || !isOnMachine(record)) return downLocal(request, record, context, signal)
  return isRented(record) ? downRented(record, request, context, signal) : downHost(record, request, context, signal)
}

async function downLocal(
  request: DownRequest,
  record: LocalLab | 'damaged' | undefined,
  context: Context,
  signal: AbortSignal,
): Promise<DownResult> {
  const { name } = request
  const since = context.clock.monotonicMs()
  context.emit({ type: 'start', step: 'teardown', text: `ending ${name}` })
  const known = record === 'damaged' ? undefined : record
  const left = request.force
    ? await endRunningByForce(name, known, context, signal)
    : await endRunning(name, context, signal)
  if (left.length > 0) throw incomplete(name, left)
  const removed = record === 'damaged' ? await endDamagedRented(name, context, signal) : undefined
  const recordSetAside = record === 'damaged' ? await setRecordAside(context.paths, name) : undefined
  await removeLab(context.paths, name)
  const purged = request.purge && known ? await purgeUnused(known, context) : []
  context.emit({
    type: 'done',
    step: 'teardown',
    text: `${name} is gone: no process, no port, no record`,
    elapsedMs: context.clock.monotonicMs() - since,
  })
  return {
    name,
    outcome: 'removed',
    usd: removed ? null : 0,
    ...(removed ? { removed } : {}),
    purged,
    ...(recordSetAside === undefined ? {} : { recordSetAside }),
  }
}

function readOrForce({ name, force }: DownRequest, { paths }: Context): LabRecord | 'damaged' | undefined {
  try {
    return readLab(paths, name)
  } catch (error) {
    if (force && error instanceof LabosError && error.code === 'state.corrupt') return 'damaged'
    throw error
  }
}

const incomplete = (name: string, left: readonly Leftover[]): LabosError =>
  new LabosError('teardown.incomplete', `Still there of "${name}": ${left.map(({ what }) => what).join(', ')}.`, {
    suggestions: [
      `Try once more: \`labos down ${name}\`.`,
      ...left.map(({ what, remedy }) => `By hand, ${what}: \`${remedy}\`.`),
    ],
    aftermath: 'The record is kept.',
  })
