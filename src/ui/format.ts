/** Numbers as people read them. Downloads in decimal bytes as networks count, memory in GiB as machines do. */

/** `93 MB`, `10.4 GB`: three digits at most. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB']
  let value = Math.max(0, bytes)
  let unit = 0
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000
    unit += 1
  }
  const digits = unit === 0 || value >= 99.95 ? 0 : 1
  return `${value.toFixed(digits).replace(/\.0$/, '')} ${units[unit] ?? 'TB'}`
}

/** `0.44 GiB`, `12.6 GiB`. */
export const formatGiB = (gib: number): string => `${gib.toFixed(gib < 10 ? 2 : 1)} GiB`

/** `0.8 s`, `12 s`, `3 m 05 s`, `2 h 10 m`, `3 d 4 h`: two units at most. */
export function formatDuration(ms: number): string {
  const seconds = Math.max(0, ms) / 1000
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`
  if (seconds < 59.5) return `${String(Math.round(seconds))} s`
  const minutes = Math.floor(Math.round(seconds) / 60)
  if (minutes < 60) return `${String(minutes)} m ${String(Math.round(seconds) % 60).padStart(2, '0')} s`
  const hours = Math.floor(minutes / 60)
  if (hours < 24) return `${String(hours)} h ${String(minutes % 60).padStart(2, '0')} m`
  return `${String(Math.floor(hours / 24))} d ${String(hours % 24)} h`
}

/** `30 m`, not `30 m 00 s`: for times that are mostly round. */
export const formatRoundDuration = (ms: number): string => formatDuration(ms).replace(/ 00 [sm]$/, '')

/** `$0.00`. */
export const formatUsd = (usd: number): string => `$${usd.toFixed(2)}`

/** `$0.98`; `?` where it is not known. */
export const formatUsdOr = (usd: number | null, unknown = '?'): string => (usd === null ? unknown : formatUsd(usd))

/** `2026-01-01 04:00 UTC`, of an ISO time. */
export const formatTime = (iso: string): string => `${iso.slice(0, 16).replace('T', ' ')} UTC`
