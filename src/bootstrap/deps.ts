import type { Clock, Fetch, Machine } from '../ports.js'
import type { Emit } from '../ui/events.js'

/** What making a laboratory needs from outside. */
export interface BootstrapDeps {
  readonly machine: Pick<Machine, 'run' | 'which'>
  readonly fetch: Fetch
  readonly clock: Clock
  readonly emit: Emit
  /** Mirrors, proxies and tokens as the user set them. */
  readonly env: Readonly<Record<string, string | undefined>>
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
