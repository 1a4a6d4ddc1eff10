import type { Clock, Fetch, Machine } from '../ports.js'
import type { Emit } from '../ui/events.js'

/** What setting up a machine needs from outside. */
export interface BootstrapDeps {
  readonly machine: Pick<Machine, 'run' | 'which'>
  readonly clock: Clock
  readonly fetch: Fetch
  readonly emit: Emit
  /** Mirrors, proxies and tokens. */
  readonly env: Readonly<Record<string, string | undefined>>
  /** The raw words of the programs that are run, for the set-up log. */
  log(line: string): void
  /** Asked where there is neither uv nor a Python that will do: may uv be installed into the cache? */
  offerUv(): Promise<boolean>
}
