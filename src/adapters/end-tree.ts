import { execFile, type ChildProcess } from 'node:child_process'
import { promisify } from 'node:util'

const KILL_AFTER_MS = 5000

/**
 * Ends a child with all that it started when the signal aborts, or when this process leaves: politely first, by force
 * after 5 s. The child must lead a process group of its own (`detached`), except on Windows. Call the result when the
 * child has ended.
 */
export function endTree(child: Pick<ChildProcess, 'pid'>, signal?: AbortSignal): () => Promise<void> {
  const { pid } = child
  if (pid === undefined) return () => Promise.resolve()
  let force: NodeJS.Timeout | undefined
  const onAbort = (): void => {
    void signalTree(pid, 'SIGTERM')
    force = setTimeout(() => void signalTree(pid, 'SIGKILL'), KILL_AFTER_MS)
  }
  const onExit = (): void => void signalTree(pid, 'SIGKILL')
  signal?.addEventListener('abort', onAbort, { once: true })
  if (signal?.aborted) onAbort()
  process.once('exit', onExit)
  return async () => {
    clearTimeout(force)
    signal?.removeEventListener('abort', onAbort)
    process.removeListener('exit', onExit)
    if (signal?.aborted) await signalTree(pid, 'SIGKILL') // what the child started and did not end itself
  }
}

/** Sends the signal to the process group that the process leads. On Windows all of its tree is ended, whichever signal it is. */
export async function signalTree(pid: number, by: NodeJS.Signals): Promise<void> {
  if (process.platform === 'win32') {
    // Windows knows no polite end for programs without a window.
    await promisify(execFile)('taskkill', ['/pid', String(pid), '/T', '/F'], { windowsHide: true }).catch(
      () => undefined,
    )
    return
  }
  try {
    process.kill(-pid, by)
  } catch {
    // nobody of the group is left
  }
}
