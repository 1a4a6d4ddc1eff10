/** What to do after an engine ended. Pure. */
export interface EngineLife {
  /** How long it served; 0 when it never did. */
  readonly servedMs: number
  /** Ends in a row, this one included, without having served for `STEADY_MS` in between. */
  readonly endsInRow: number
}

export type Decision = { readonly restart: true; readonly afterMs: number } | { readonly restart: false }

/** An engine that served this long was fine: the next end counts as the first. */
export const STEADY_MS = 60_000
const FIRST_MS = 1000
const LONGEST_MS = 30_000
/** An engine that never served is not tried more often: the reason will not go away by itself. */
const TRIES_WITHOUT_SERVING = 3

export function afterEnd({ servedMs, endsInRow }: EngineLife): Decision {
  if (servedMs === 0 && endsInRow >= TRIES_WITHOUT_SERVING) return { restart: false }
  return { restart: true, afterMs: Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.max(0, endsInRow - 1)) }
}
