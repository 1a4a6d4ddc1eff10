import { formatDuration } from './format.js'

export interface Ends {
  /** Its deadline. */
  readonly ttlMs?: number
  readonly idleMs?: number
  /** When it does not serve this long after a start. */
  readonly bootMs?: number
}

/** When a machine stops serving by itself: `by itself after 4 h, after 30 m without a request, or with ...`. */
export function machineEndsText({ ttlMs, idleMs, bootMs }: Ends): string {
  const ends = [
    ...(ttlMs === undefined ? [] : [`after ${shortly(ttlMs)}`]),
    ...(idleMs === undefined ? [] : [`after ${shortly(idleMs)} without a request`]),
    ...(bootMs === undefined ? [] : [`when it does not serve within ${shortly(bootMs)}`]),
  ]
  return `by itself ${ends.join(', ')}, or with \`labos down\``
}

/** `30 m`, not `30 m 00 s`. */
const shortly = (ms: number): string => formatDuration(ms).replace(/ 00 [sm]$/, '')
