/** Large counts as people say them. */

/** `135M`, `15.7B`, `2.45B`, `10.2T`: three digits. */
export function formatCount(count: number): string {
  const units = ['', 'k', 'M', 'B', 'T']
  let value = count
  let unit = 0
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000
    unit += 1
  }
  const text = unit === 0 ? String(value) : value.toPrecision(3)
  return `${text.includes('.') ? text.replace(/\.?0+$/, '') : text}${units[unit] ?? 'T'}`
}

/** `8K`, `128K`: thousands of 1024, as context lengths are named; other numbers as they are. */
export const formatContext = (tokens: number): string =>
  tokens % 1024 === 0 ? `${String(tokens / 1024)}K` : formatExact(tokens)

/** `131,072`. */
export const formatExact = (count: number): string => String(count).replace(/\B(?=(?:\d{3})+(?!\d))/g, ',')
