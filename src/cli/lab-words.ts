/** A lab's state and price, as every screen says them. */
import type { LabStatus } from '../flow/lab-status.js'
import { formatUsd } from '../ui/format.js'
import type { Paint } from '../ui/paint.js'

/** `$0.00/h`; `?` where it is not known. */
export const priceText = ({ usdPerHour = 0 }: LabStatus): string =>
  usdPerHour === null ? '?' : `${formatUsd(usdPerHour)}/h`

export function painted(state: LabStatus['state'] | undefined, paint: Paint): string {
  if (state === undefined || state === 'ended' || state === 'stopped') return state ?? ''
  if (state === 'serving' || state === 'running') return paint.green(state)
  return ON_ITS_WAY.has(state) ? paint.yellow(state) : paint.red(state)
}

/** Undefined where nobody counts. */
export function requestsText({ activity, tokens }: LabStatus): string | undefined {
  if (!activity) return undefined
  const counted = tokens ? `; ${String(tokens.prompt)} tokens in, ${String(tokens.generated)} out` : ''
  return `${String(activity.requests)}, ${String(activity.inFlight)} running${counted}`
}

/** Undefined where there was none. */
export const restartsText = ({ restarts = 0, lastExit }: LabStatus): string | undefined =>
  restarts === 0 ? undefined : `${String(restarts)}${lastExit ? `, last ${lastExit.at}: ${lastExit.why}` : ''}`

const ON_ITS_WAY: ReadonlySet<LabStatus['state']> = new Set([
  'starting',
  'restarting',
  'unfinished',
  'creating',
  'unreachable',
])
