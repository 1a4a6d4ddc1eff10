import { formatRoundDuration } from './format.js'

export interface Ends {
  /** Its deadline. */
  readonly ttlMs?: number
  readonly idleMs?: number
  /** When it does not serve this long after a start. */
  readonly bootMs?: number
  /** When the computer that it is for was not heard of for so long. */
  readonly unheardMs?: number
}

/** When a machine stops serving by itself: `by itself after 4 h, after 30 m without a request, or with ...`. */
export function machineEndsText({ ttlMs, idleMs, bootMs, unheardMs }: Ends): string {
  const ends = [
    ...(ttlMs === undefined ? [] : [`after ${formatRoundDuration(ttlMs)}`]),
    ...(idleMs === undefined ? [] : [`after ${formatRoundDuration(idleMs)} without a request`]),
    ...(bootMs === undefined ? [] : [`when it does not serve within ${formatRoundDuration(bootMs)}`]),
    ...(unheardMs === undefined ? [] : [`${formatRoundDuration(unheardMs)} after this computer is gone`]),
  ]
  return `by itself ${ends.join(', ')}, or with \`labos down\``
}
