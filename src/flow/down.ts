import { LabosError } from '../errors/labos-error.js'
import type { Leftover } from '../ports.js'
import { takeLock } from '../state/lock.js'
import { checkLabName, lockPath } from '../state/paths.js'
import { labNames, readLocalLab } from '../state/read.js'
import type { LocalLab } from '../state/record.js'
import { removeLab, setRecordAside } from '../state/store.js'
import type { Context } from './context.js'
import { unknownLab } from './choose-lab.js'
import { endRunning, endRunningByForce } from './end-running.js'
import { purgeUnused } from './purge.js'

export interface DownRequest {
  readonly name: string
  /** A lab that is not there is a success. */
  readonly ignoreNotFound: boolean
  /** Give up a lab whose record is damaged. */
  readonly force: boolean
  /** Remove the engine and weights that no other lab uses. */
  readonly purge: boolean
}

export interface DownResult {
  readonly name: string
  readonly outcome: 'removed' | 'not-found'
  /** Cost of the lab's whole life. */
  readonly usd: number
  /** Folders that `--purge` removed. */
  readonly purged: readonly string[]
  /** Where a damaged record was moved to. */
  readonly recordSetAside?: string
}

const WAIT_MS = 60_000

/** Ends a lab, proves that nothing of it runs, then forgets it. Throws `teardown.incomplete` with what is left. */
export async function down(request: DownRequest, context: Context, signal: AbortSignal): Promise<DownResult> {
  const { name } = request
  checkLabName(name)
  if (!labNames(context.paths).includes(name)) {
    if (!request.ignoreNotFound) throw unknownLab(name, labNames(context.paths))
    return { name, outcome: 'not-found', usd: 0, purged: [] }
  }
  const release = await takeLock(
    lockPath(context.paths, name),
    { command: `labos down ${name}`, waitMs: WAIT_MS, onWait: (holder) => void stopUp(holder, context) },
    context,
    signal,
  )
  try {
    return await downLocked(request, context, signal)
  } finally {
    await release()
  }
}

/** An `up` that still runs is asked to stop, as Ctrl-C would: it removes what it made and lets go of the lab. */
async function stopUp(
  holder: { pid: number; startTime: string; command: string },
  { emit, processes }: Context,
): Promise<void> {
  if (!holder.command.startsWith('labos up')) return
  emit({ type: 'note', text: `stopping \`${holder.command}\` (pid ${String(holder.pid)}) first` })
  await processes.kill(holder, 'SIGTERM').catch(() => undefined) // another user's, for example: it is waited for
}

async function downLocked(request: DownRequest, context: Context, signal: AbortSignal): Promise<DownResult> {
  const { name } = request
  const since = context.clock.monotonicMs()
  const record = readOrForce(request, context)
  context.emit({ type: 'start', step: 'teardown', text: `ending ${name}` })
  const known = record === 'damaged' ? undefined : record
  const left = request.force
    ? await endRunningByForce(name, known, context, signal)
    : await endRunning(name, context, signal)
  if (left.length > 0) throw incomplete(name, left)
  const recordSetAside = record === 'damaged' ? await setRecordAside(context.paths, name) : undefined
  await removeLab(context.paths, name)
  const purged = request.purge && known ? await purgeUnused(known, context) : []
  context.emit({
    type: 'done',
    step: 'teardown',
    text: `${name} is gone: no process, no port, no record`,
    elapsedMs: context.clock.monotonicMs() - since,
  })
  return { name, outcome: 'removed', usd: 0, purged, ...(recordSetAside === undefined ? {} : { recordSetAside }) }
}

function readOrForce({ name, force }: DownRequest, { paths }: Context): LocalLab | 'damaged' | undefined {
  try {
    return readLocalLab(paths, name)
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
