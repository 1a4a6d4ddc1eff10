import type { Clock, Fetch } from '../ports.js'
import type { Emit } from '../ui/events.js'

/** What fetching files needs from outside. */
export interface DownloadDeps {
  readonly fetch: Fetch
  readonly clock: Clock
  readonly emit: Emit
  /** Mirrors and tokens as the user set them. */
  readonly env: Readonly<Record<string, string | undefined>>
}
