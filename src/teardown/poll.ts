/** Looks again and again, less and less often. */
import type { Clock } from '../ports.js'

export interface PollWish {
  /** How long in all. */
  readonly limitMs: number
}

/** What is waited for is seen at most a sixth later than it came; seconds or minutes alike. */
const SHARE = 1 / 6
const SHORTEST_MS = 100
const LONGEST_MS = 5000

/** Resolves to what `look` finds, or undefined when the time is over; looks at least once. Rejects as `look` does. */
export async function poll<T>(
  { limitMs }: PollWish,
  clock: Clock,
  signal: AbortSignal,
  look: () => Promise<T | undefined>,
): Promise<T | undefined> {
  const sinceMs = clock.monotonicMs()
  for (;;) {
    const found = await look()
    if (found !== undefined) return found
    const passedMs = clock.monotonicMs() - sinceMs
    if (passedMs >= limitMs) return undefined
    const pauseMs = Math.min(LONGEST_MS, Math.max(SHORTEST_MS, passedMs * SHARE))
    await clock.sleep(Math.min(pauseMs, limitMs - passedMs), signal)
  }
}
