import type { Duplex } from 'node:stream'

/** The engine as the gateway reaches it. */
export interface Upstream {
  readonly state: 'serving'
  dial(): Duplex
  /** The engine's own key; it replaces the client's. Absent where the engine asks for none. */
  readonly key?: string
}

/** There is no engine to reach right now. */
export interface Away {
  readonly state: 'starting' | 'restarting' | 'failed' | 'unresponsive' | 'unreachable' | 'ended'
  readonly reason: string
  readonly retryAfterMs: number
}
