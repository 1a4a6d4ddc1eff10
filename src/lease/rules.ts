/** When a lab ends by itself. Pure; the keeper asks it at least every half minute. */
import type { PlannedLease } from '../plan/plan.js'

export interface LeaseFacts {
  /** When the lease began (wall clock). */
  readonly sinceMs: number
  /** Since when it can be asked; absent while it loads, which is not idle. */
  readonly readySinceMs?: number
  readonly nowMs: number
  readonly inFlight: number
  /** When the last inference request ended; absent before the first. */
  readonly lastEndedMs?: number
}

export interface LeaseState {
  /** The nearer of the two ends, if nothing is asked until then. */
  readonly endsAtMs?: number
  readonly endsBy?: 'deadline' | 'idle'
  /** How long nothing was asked; 0 while something is being answered. */
  readonly idleForMs: number
  readonly over?: 'deadline' | 'idle'
  /** Less than five minutes are left, or less than a tenth of a short lease. */
  readonly warn: boolean
}

const WARN_MS = 5 * 60_000

export function leaseState(
  { ttlMs, idleMs }: PlannedLease,
  { sinceMs, readySinceMs, nowMs, inFlight, lastEndedMs }: LeaseFacts,
): LeaseState {
  // A clock that went back makes nothing older: time since then counts as none.
  const restingSince = Math.max(readySinceMs ?? nowMs, lastEndedMs ?? -Infinity)
  const idleForMs = inFlight > 0 ? 0 : Math.max(0, nowMs - restingSince)
  const deadline = ttlMs === undefined ? undefined : { by: 'deadline' as const, atMs: sinceMs + ttlMs, spanMs: ttlMs }
  const idle =
    idleMs === undefined || readySinceMs === undefined
      ? undefined
      : { by: 'idle' as const, atMs: (inFlight > 0 ? nowMs : restingSince) + idleMs, spanMs: idleMs }
  const [first] = [deadline, idle].filter((end) => end !== undefined).sort((a, b) => a.atMs - b.atMs)
  if (!first) return { idleForMs, warn: false }
  const leftMs = first.atMs - nowMs
  return {
    endsAtMs: first.atMs,
    endsBy: first.by,
    idleForMs,
    ...(leftMs <= 0 ? { over: first.by } : {}),
    warn: leftMs < Math.min(WARN_MS, first.spanMs / 10),
  }
}
