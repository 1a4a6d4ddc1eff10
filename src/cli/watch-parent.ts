import type { Clock } from '../ports.js'

const LOOK_MS = 1000

/**
 * Calls `onGone` once when the process that started us is gone. CI systems send their signals to the job's shell alone; when
 * that is killed, we are all that is left of the job. Never rejects.
 */
export async function watchParent(
  parent: { readonly ppid: number },
  clock: Clock,
  onGone: () => void,
  signal: AbortSignal,
): Promise<void> {
  const first = parent.ppid
  while (parent.ppid === first) {
    await clock.sleep(LOOK_MS, signal).catch(() => undefined)
    if (signal.aborted) return
  }
  onGone()
}
