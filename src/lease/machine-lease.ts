/** When a machine ends itself, as it says itself (`lease.json`), seen from here. Pure. */
import * as z from 'zod/mini'
import { WARN_MS } from './rules.js'

const seconds = z.nullable(z.number())

const leaseFile = z.object({
  t: z.number(),
  armed: z.boolean(),
  deadline: seconds,
  boot_deadline: seconds,
  idle_limit: seconds,
  idle_since: seconds,
  served: z.boolean(),
  ends: seconds,
  ends_by: z.nullable(z.enum(['deadline', 'boot', 'idle'])),
  on_end: z.enum(['poweroff', 'stop']),
  interrupt: seconds,
})

/** Times in milliseconds since the epoch, by the machine's clock. */
export interface MachineLease {
  /** When it was read. */
  readonly nowMs: number
  /** systemd's timer really runs. */
  readonly armed: boolean
  readonly deadlineMs?: number
  /** Until it serves. */
  readonly bootDeadlineMs?: number
  readonly idleMs?: number
  readonly idleSinceMs?: number
  /** As the machine sums it up: what there is when it has ended. */
  readonly endsMs?: number
  readonly onEnd: 'poweroff' | 'stop'
  /** When the cloud takes it away, where it said so. */
  readonly interruptMs?: number
}

/**
 * To run on the machine, with the file's path: its text, then now and when it was written. Its times may be of another clock
 * than the machine's own; only differences between them and these two count.
 */
export const LEASE_SCRIPT = 'cat "$1" && printf "\\n%s %s\\n" "$(date +%s)" "$(stat -c %Y "$1")"'

/** What that said; undefined where it is no lease. */
export function readMachineLease(said: string): MachineLease | undefined {
  const lines = said.trim().split('\n')
  const [nowSeconds, writtenSeconds] = (lines.at(-1) ?? '').split(' ').map(Number)
  const parsed = leaseFile.safeParse(parse(lines[0] ?? ''))
  if (!parsed.success) return undefined
  const { t, armed, deadline, boot_deadline, idle_limit, idle_since, ends, on_end, interrupt } = parsed.data
  const ageSeconds = (nowSeconds ?? 0) - (writtenSeconds ?? 0)
  return {
    nowMs: (t + Math.max(0, Number.isFinite(ageSeconds) ? ageSeconds : 0)) * 1000,
    armed,
    ...inMs('deadlineMs', deadline),
    ...inMs('bootDeadlineMs', boot_deadline),
    ...inMs('idleMs', idle_limit),
    ...inMs('idleSinceMs', idle_since),
    ...inMs('endsMs', ends),
    onEnd: on_end,
    ...inMs('interruptMs', interrupt),
  }
}

const inMs = <Name extends string>(name: Name, value: number | null): { readonly [Key in Name]?: number } =>
  (value === null ? {} : { [name]: value * 1000 }) as { readonly [Key in Name]?: number }

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

export interface MachineLeaseState {
  readonly armed: boolean
  /** The nearest end, if nothing is asked until then. */
  readonly endsAtMs?: number
  readonly endsBy?: 'deadline' | 'boot' | 'idle'
  /** Until that; below nothing when it has passed. */
  readonly leftMs?: number
  readonly idleForMs?: number
  readonly idleMs?: number
  /** Little is left. */
  readonly warn: boolean
  readonly onEnd: 'poweroff' | 'stop'
  readonly interruptAtMs?: number
}

export interface LeaseLook {
  /** Since the lease was read. */
  readonly ageMs: number
  /** Requests that are being answered. */
  readonly inFlight: number
  /** How long the lab was to last, and how long a start may take: a short time warns late. */
  readonly ttlMs?: number
  readonly bootMs?: number
}

/** Of a lease that was read a while ago, with what is known here since. */
export function machineLeaseState(lease: MachineLease, look: LeaseLook): MachineLeaseState {
  const { armed, onEnd, idleMs, idleSinceMs, endsMs, interruptMs } = lease
  const nowMs = lease.nowMs + Math.max(0, look.ageMs)
  const restingMs = look.inFlight > 0 ? nowMs : idleSinceMs
  const first = firstEnd(lease, restingMs, look)
  const endsAtMs = first?.atMs ?? endsMs
  return {
    armed,
    onEnd,
    ...(first ? { endsBy: first.by } : {}),
    ...(endsAtMs === undefined ? {} : { endsAtMs, leftMs: endsAtMs - nowMs }),
    ...(restingMs === undefined ? {} : { idleForMs: Math.max(0, nowMs - restingMs) }),
    ...(idleMs === undefined ? {} : { idleMs }),
    warn: first !== undefined && first.atMs - nowMs < Math.min(WARN_MS, first.spanMs / 10),
    ...(interruptMs === undefined ? {} : { interruptAtMs: interruptMs }),
  }
}

interface End {
  readonly by: NonNullable<MachineLeaseState['endsBy']>
  readonly atMs: number
  /** How long it was to be from the beginning. */
  readonly spanMs: number
}

function firstEnd(
  { deadlineMs, bootDeadlineMs, idleMs }: MachineLease,
  restingMs: number | undefined,
  { ttlMs = Infinity, bootMs = Infinity }: LeaseLook,
): End | undefined {
  const ends: End[] = [
    ...(deadlineMs === undefined ? [] : [{ by: 'deadline' as const, atMs: deadlineMs, spanMs: ttlMs }]),
    ...(bootDeadlineMs === undefined ? [] : [{ by: 'boot' as const, atMs: bootDeadlineMs, spanMs: bootMs }]),
    ...(idleMs === undefined || restingMs === undefined
      ? []
      : [{ by: 'idle' as const, atMs: restingMs + idleMs, spanMs: idleMs }]),
  ]
  return ends.sort((a, b) => a.atMs - b.atMs)[0]
}
