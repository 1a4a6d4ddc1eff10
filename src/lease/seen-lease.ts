/** A machine's lease as it is now, by what was read of it a while ago. Pure. */
import { type MachineLease, readMachineLease } from './machine-lease.js'

/**
 * To run on the machine, with the file's path: its text, then now and when it was written. Its times may be of another clock
 * than the machine's own; only differences between them and these two count.
 */
export const LEASE_SCRIPT = 'cat "$1" && printf "\\n%s %s\\n" "$(date +%s)" "$(stat -c %Y "$1")"'

/** What that said, as of when it was said; undefined where it is no lease. */
export function readLeaseFile(said: string): MachineLease | undefined {
  const lines = said.trim().split('\n')
  const [now = 0, written = 0] = (lines.at(-1) ?? '').split(' ').map(Number)
  const lease = readMachineLease(lines[0] ?? '')
  return lease && later(lease, Number.isFinite(now - written) ? now - written : 0, 0)
}

/**
 * So many seconds later, if nothing was asked of it since; what is being answered now (`inFlight`) keeps it. One without a
 * deadline of its own any more has ended, and stays as it is.
 */
export function later(lease: MachineLease, seconds: number, inFlight: number): MachineLease {
  const at = lease.at + Math.max(0, seconds)
  const idleSince = inFlight > 0 && lease.isServed ? at : lease.idleSince
  const ends = [
    { by: 'deadline' as const, at: lease.deadline },
    { by: 'boot' as const, at: lease.bootDeadline },
    {
      by: 'idle' as const,
      at: idleSince === null || lease.idleLimitSeconds === null ? null : idleSince + lease.idleLimitSeconds,
    },
  ]
  const [first] = ends.flatMap((end) => (end.at === null ? [] : [{ ...end, at: end.at }])).sort((a, b) => a.at - b.at)
  return { ...lease, at, idleSince, ...(first ? { ends: first.at, endsBy: first.by } : {}) }
}

/** Milliseconds until its end, below nothing when that has passed; undefined where nothing ends it. */
export const leftMs = ({ ends, at }: MachineLease): number | undefined =>
  ends === null ? undefined : (ends - at) * 1000

export const isoOf = (seconds: number): string => new Date(seconds * 1000).toISOString()
