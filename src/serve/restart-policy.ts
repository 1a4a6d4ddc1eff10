/** What to do after an engine ended. Pure. */
export interface EngineLife {
  /** Ends in a row, this one included, without having served for `STEADY_MS` in between. */
  readonly endsInRow: number
  /** Ends in a row before it served at all; 0 after a life in which it did. */
  readonly failedStartsInRow: number
}

export type Decision = { readonly restart: true; readonly afterMs: number } | { readonly restart: false }

/** An engine that served this long was fine: the next end counts as the first. */
export const STEADY_MS = 60_000
const FIRST_MS = 1000
const LONGEST_MS = 30_000
/** An engine that does not come to serve is not started more often: the reason will not go away by itself. */
const FAILED_STARTS = 3

export function afterEnd({ endsInRow, failedStartsInRow }: EngineLife): Decision {
  if (failedStartsInRow >= FAILED_STARTS) return { restart: false }
  return { restart: true, afterMs: Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.max(0, endsInRow - 1)) }
}
