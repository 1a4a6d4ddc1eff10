/**
 * The lab's record as it is now: `up` may have taken the lab over since, `extend` moved its end, `down` removed it. Undefined where
 * it is gone, or another lab has its name; `before` where it cannot be read: what is wrong with it is said by who changes it.
 */
export function recordNow<L extends { readonly id: string }>(before: L, read: () => L | undefined): L | undefined {
  try {
    const now = read()
    return now?.id === before.id ? now : undefined
  } catch {
    return before
  }
}
