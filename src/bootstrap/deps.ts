import type { DownloadDeps } from '../download/deps.js'
import type { Machine } from '../ports.js'

/** What making a laboratory needs from outside. */
export interface BootstrapDeps extends DownloadDeps {
  readonly machine: Pick<Machine, 'run' | 'which'>
  /** Takes each line that pip, uv and Python say: the set-up log. */
  log(line: string): void
  /** Asked only where there is neither uv nor a Python that will do. Absent = the answer is no. */
  offerUv?(): Promise<boolean>
  /**
   * Waits until no other labos holds the lock file, telling once when a wait begins; resolves to its release. Absent =
   * nobody else is there.
   */
  hold?(path: string, onWait: () => void, signal: AbortSignal): Promise<() => Promise<void>>
}
