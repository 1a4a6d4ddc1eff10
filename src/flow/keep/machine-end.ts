/** When a machine counts as gone, though nobody said so. Pure. */
import type { MachineLease } from '../../lease/machine-lease.js'
import { isoOf, leftMs } from '../../lease/seen-lease.js'
import type { PathNow } from '../../serve/remote/state.js'
import type { KeeperRecord } from '../../state/record.js'
import { formatRoundDuration, formatTime } from '../../ui/format.js'

type Ended = NonNullable<KeeperRecord['ended']>

export interface EndFacts {
  readonly path: PathNow
  /** As it is now by what the machine said last; absent where it was never read. */
  readonly lease?: MachineLease | undefined
  /** Since that was read. */
  readonly unreadMs?: number | undefined
  /** The deadline of the lab's record: later than the machine's own where it was moved while there was no path. */
  readonly expiresAt?: string | undefined
  readonly nowMs: number
}

/** A machine takes its time to power off, and clocks differ. */
const GRACE_MS = 60_000

/** Its lease is over and it does not answer any more, or what ran for the lab on a host of the user's was ended by it. */
export function machineEnd(facts: EndFacts): Ended | undefined {
  const { path, nowMs } = facts
  const at = new Date(nowMs).toISOString()
  if (path.code === 'machine.gone') return { at, reason: 'gone', detail: path.reason ?? 'its machine is gone' }
  if (path.state === 'connecting') return undefined
  const end = path.state === 'connected' ? endOnHost(facts) : endOutOfSight(facts)
  return end && { at, ...end }
}

type End = Pick<Ended, 'reason' | 'detail'>

function endOnHost({ lease }: EndFacts): End | undefined {
  const left = lease ? (leftMs(lease) ?? 1) : 1
  // Armed until all that ran is stopped, which takes its time.
  if (lease?.onEnd !== 'stop' || left > 0 || (lease.isArmed && left > -GRACE_MS)) return undefined
  const { reason, detail } = why(lease)
  return { reason, detail: `${detail}: what served on your host was ended; \`labos up\` starts it again` }
}

function endOutOfSight({ lease, unreadMs, expiresAt, nowMs }: EndFacts): End | undefined {
  const isExpired = expiresAt !== undefined && nowMs >= Date.parse(expiresAt) + GRACE_MS
  if (lease) return endOfLease(lease, { unreadMs, isMoved: expiresAt !== undefined && !isExpired })
  const detail = `its deadline passed at ${formatTime(expiresAt ?? '')}, and its machine does not answer`
  return isExpired ? { reason: 'deadline', detail } : undefined
}

/** `isMoved`: its deadline was moved since, and has not come. */
function endOfLease(
  lease: MachineLease,
  { unreadMs = 0, isMoved }: Pick<EndFacts, 'unreadMs'> & { readonly isMoved: boolean },
): End | undefined {
  const isUnheard = unreadMs > (lease.unheardLimitSeconds ?? Infinity) * 1000 + GRACE_MS
  const { reason, detail } = why(isUnheard ? { ...lease, endsBy: 'unheard' } : lease)
  if ((reason === 'deadline' && isMoved) || (!isUnheard && (leftMs(lease) ?? Infinity) > -GRACE_MS)) return undefined
  return { reason, detail: `${detail}, and its machine does not answer any more` }
}

function why({ endsBy, ends, idleLimitSeconds, unheardLimitSeconds }: MachineLease): End {
  const time = ends === null ? '' : ` at ${formatTime(isoOf(ends))}`
  switch (endsBy) {
    case 'idle':
      return { reason: 'idle', detail: `nothing was asked for ${span(idleLimitSeconds)}` }
    case 'boot':
      return { reason: 'boot', detail: `it did not serve in the time for a start, which was over${time}` }
    case 'unheard':
      return { reason: 'unheard', detail: `this computer was not heard of for ${span(unheardLimitSeconds)}` }
    case 'deadline':
      return { reason: 'deadline', detail: `its deadline passed${time}` }
    case null:
      return { reason: 'told', detail: `it was told to end${time}` }
  }
}

const span = (seconds: number | null): string => formatRoundDuration((seconds ?? 0) * 1000)
