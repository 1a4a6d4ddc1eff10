/** A list in pages, as AWS gives it: the token is where the next page begins. */
export interface Page<T> {
  readonly items: readonly T[]
  readonly next?: string
}

export function pageOf<T>(all: readonly T[], params: Readonly<Record<string, string>>, most: number): Page<T> {
  const from = Number(params['NextToken'] ?? 0)
  const to = from + Math.min(most, Number(params['MaxResults'] ?? most))
  return { items: all.slice(from, to), ...(to < all.length ? { next: String(to) } : {}) }
}
