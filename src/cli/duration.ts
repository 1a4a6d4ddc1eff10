import { LabosError } from '../errors/labos-error.js'

const UNIT_MS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }
const LONGEST_MS = 365 * 86_400_000

/** `45s`, `30m`, `2h`, `1h30m`, `2d` as milliseconds: more than nothing, a year at most. Throws `usage.value`. */
export function parseDuration(text: string): number {
  const parts = [
    ...text
      .trim()
      .toLowerCase()
      .matchAll(/(\d+(?:\.\d+)?)([smhd])/g),
  ]
  const isWhole = parts.length > 0 && parts.map(([part]) => part).join('') === text.trim().toLowerCase()
  const ms = parts.reduce((sum, [, value = '0', unit = 's']) => sum + Number(value) * (UNIT_MS[unit] ?? 0), 0)
  if (isWhole && ms > 0 && ms <= LONGEST_MS) return Math.round(ms)
  throw new LabosError('usage.value', `"${text}" is not a length of time.`, {
    suggestions: ['Use a number and s, m, h or d, above nothing and at most 365d: `30m`, `2h`, `1h30m`.'],
  })
}
