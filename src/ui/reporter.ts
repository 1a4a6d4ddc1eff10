import type { Emit } from './events.js'

/** Shows events. Chosen once, by the command; nothing else knows whether there is a terminal. */
export interface Reporter {
  readonly emit: Emit
  /** Leaves the terminal clean: nothing is drawn after this. */
  stop(): void
}

/** Where text goes: stderr for progress, stdout for results. */
export interface Output {
  write(text: string): unknown
}
