/** Looks again and again, less and less often. */
import type { Clock } from '../ports.js'

export interface PollWish {
  /** How long in all. */
  readonly limitMs: number
  readonly firstPauseMs?: number
  readonly longestPauseMs?: number
}

const GROWTH = 1.5

/** Resolves to what `look` finds, or undefined when the time is over; looks at least once. Rejects as `look` does. */
export async function poll<T>(
  { limitMs, firstPauseMs = 1000, longestPauseMs = 5000 }: PollWish,
  clock: Clock,
  signal: AbortSignal,
  look: () => Promise<T | undefined>,
): Promise<T | undefined> {
  const sinceMs = clock.monotonicMs()
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(longestPauseMs, pauseMs * GROWTH)) {
    const found = await look()
    if (found !== undefined) return found
    const leftMs = sinceMs + limitMs - clock.monotonicMs()
    if (leftMs <= 0) return undefined
    await clock.sleep(Math.min(pauseMs, leftMs), signal)
  }
}
