import type { Ends } from '../plan/rent/serving.js'
import { formatRoundDuration } from './format.js'

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
