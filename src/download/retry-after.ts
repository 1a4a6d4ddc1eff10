/** Longer than this nobody is kept waiting without a try. */
export const LONGEST_DELAY_MS = 30_000

/** What the server asks to wait, up to half a minute; undefined where it does not say, or says a date. */
export function retryAfterMs(headers: Headers): number | undefined {
  const seconds = Number(headers.get('retry-after') ?? NaN)
  return seconds >= 0 ? Math.min(seconds * 1000, LONGEST_DELAY_MS) : undefined
}
