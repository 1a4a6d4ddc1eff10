/** The lease as the machine itself keeps it: lease.json. Pure. All times are in seconds since the epoch, by its clock. */
import * as z from 'zod/mini'
import { formatDuration, formatRoundDuration } from '../ui/format.js'

const time = z.nullable(z.number())
const shape = z.object({
  t: z.number(),
  /** systemd will end it, even if nothing of labos ran again. */
  armed: z.boolean(),
  deadline: time,
  boot_deadline: time,
  /** Seconds. */
  idle_limit: z.nullable(z.number()),
  idle_since: time,
  served: z.boolean(),
  ends: time,
  ends_by: z.nullable(z.enum(['deadline', 'boot', 'idle', 'unheard'])),
  on_end: z.enum(['poweroff', 'stop']),
  interrupt: time,
  /** Seconds. */
  unheard_limit: z.optional(time),
})

export interface MachineLease {
  readonly at: number
  readonly isArmed: boolean
  readonly deadline: number | null
  /** Not serving by then: it ends. Null once it has served. */
  readonly bootDeadline: number | null
  readonly idleLimitSeconds: number | null
  /** Since when nobody asked it anything; null before it served. */
  readonly idleSince: number | null
  readonly isServed: boolean
  /** The nearest end, if nothing is asked until then. */
  readonly ends: number | null
  readonly endsBy: 'deadline' | 'boot' | 'idle' | 'unheard' | null
  readonly onEnd: 'poweroff' | 'stop'
  /** When the cloud takes a spot machine away, once it has said so. */
  readonly interrupt: number | null
  /**
   * It ends when nobody has said for so long that whom it is for is there. Who reads this is, so that end is never `ends` before
   * it has come.
   */
  readonly unheardLimitSeconds: number | null
}

/** Undefined for what is no lease: a file that is torn, or not there yet. */
export function readMachineLease(text: string): MachineLease | undefined {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    return undefined
  }
  const parsed = shape.safeParse(json)
  if (!parsed.success) return undefined
  const { t, armed, deadline, boot_deadline, idle_limit, idle_since, served, ends, ends_by, on_end, interrupt } =
    parsed.data
  const { unheard_limit = null } = parsed.data
  return {
    at: t,
    isArmed: armed,
    deadline,
    bootDeadline: boot_deadline,
    idleLimitSeconds: idle_limit,
    idleSince: idle_since,
    isServed: served,
    ends,
    endsBy: ends_by,
    onEnd: on_end,
    interrupt,
    unheardLimitSeconds: unheard_limit,
  }
}

const WARN_SECONDS = 300

/**
 * True when the end is near: less than five minutes, or less than a tenth of a short time. `ttlSeconds`: the time from the
 * lab's start to its deadline. An interruption by the cloud is always near.
 */
export function isEnding(lease: MachineLease, ttlSeconds?: number): boolean {
  if (lease.interrupt !== null) return true
  if (lease.ends === null) return false
  const span = (lease.endsBy === 'idle' ? lease.idleLimitSeconds : ttlSeconds) ?? Infinity
  return lease.ends - lease.at < Math.min(WARN_SECONDS, span / 10)
}

/** `idle 12 m of 30 m, ends 18:40 UTC`; the parts that are known. */
export function leaseWords(lease: MachineLease): string {
  const { at, idleSince, idleLimitSeconds, ends, endsBy, interrupt } = lease
  const ending = { deadline: '', unheard: '', boot: ' unless it serves', idle: ' unless it is asked something' }
  const parts = [
    ...(idleSince === null || idleLimitSeconds === null
      ? []
      : [`idle ${span(at - idleSince)} of ${span(idleLimitSeconds)}`]),
    ...(interrupt === null ? [] : [`the cloud takes it back at ${clock(interrupt)}`]),
    ...(ends === null || endsBy === null ? ['no end'] : [`ends ${clock(ends)}${ending[endsBy]}`]),
    ...(lease.isArmed ? [] : ['its end is not armed']),
  ]
  return parts.join(', ')
}

const span = (seconds: number): string =>
  seconds < 60 ? formatDuration(seconds * 1000) : formatRoundDuration(Math.floor(seconds / 60) * 60_000)

const clock = (seconds: number): string => `${new Date(seconds * 1000).toISOString().slice(11, 16)} UTC`
