/** The lock of a lab, for the commands that change one: whoever waits for it hears for whom. */
import { takeLock } from '../state/lock.js'
import { lockPath } from '../state/paths.js'
import type { Context } from './context.js'

interface LabLock {
  readonly name: string
  /** What to tell others, for example `labos stop one`. */
  readonly command: string
  /** How long another command is waited for. */
  readonly waitMs: number
}

type Deps = Pick<Context, 'paths' | 'emit' | 'clock' | 'processes' | 'self'>

/** Runs `work` under the lab's lock. Throws `lab.busy`, and what `work` does. */
export async function lockedLab<T>(
  { name, command, waitMs }: LabLock,
  context: Deps,
  signal: AbortSignal,
  work: () => Promise<T>,
): Promise<T> {
  const onWait = (holder: { readonly pid: number; readonly command: string }): void =>
    context.emit({
      type: 'note',
      text: `\`${holder.command}\` (pid ${String(holder.pid)}) is working on "${name}"; waiting for it`,
    })
  const release = await takeLock(lockPath(context.paths, name), { command, waitMs, onWait }, context, signal)
  try {
    return await work()
  } finally {
    await release()
  }
}
