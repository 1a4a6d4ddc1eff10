/** What a rented lab has cost, costs, and will have cost: arithmetic on what was billed when. Pure. */
import { ADDRESS_USD_PER_HOUR } from './price.js'

const HOUR_MS = 3_600_000

/** What is billed from then on, until the next entry. */
export interface BilledFrom {
  /** ISO 8601. */
  readonly at: string
  readonly what: 'running' | 'stopped' | 'nothing'
}

/** US dollars an hour; null = not known. */
export interface Rates {
  /** Machine, disk and address. */
  readonly running: number | null
  /** Its disk alone: a stopped machine has no address. */
  readonly stopped: number | null
}

export interface LabCost {
  /** Null = not known, as everywhere here. */
  readonly usdSoFar: number | null
  /** The part of it while the machine ran. */
  readonly usdRunning: number | null
  /** The part of it while only the disk was kept. */
  readonly usdStopped: number | null
  /** Now. */
  readonly usdPerHour: number | null
  /** In all, by its deadline, if it goes on as it is. Null too where nothing ends it: a stopped machine has no deadline. */
  readonly usdUntilEnd: number | null
}

interface Wish {
  readonly billed: readonly BilledFrom[]
  readonly rates: Rates
  /** When the machine ends itself; absent = never. */
  readonly deadlineMs?: number
  /** When it was last seen to be there. A machine is taken to have ended at its deadline, unless it was seen after it. */
  readonly seenMs?: number
}

interface Offered {
  readonly instanceType: string
  readonly region: string
  readonly market: string
  readonly usdPerHour: number | null
  readonly besidesUsdPerHour: number
}

/** Of the machine that came of a plan: by the offer that it is. */
export function ratesOf(
  offers: readonly Offered[],
  machine: Pick<Offered, 'instanceType' | 'region' | 'market'> | undefined,
): Rates {
  const offer = machine && offers.find((each) => KEYS.every((key) => each[key] === machine[key]))
  if (!offer) return { running: null, stopped: null }
  const { usdPerHour, besidesUsdPerHour } = offer
  return {
    running: usdPerHour === null ? null : usdPerHour + besidesUsdPerHour,
    stopped: Math.max(0, besidesUsdPerHour - ADDRESS_USD_PER_HOUR),
  }
}

const KEYS = ['instanceType', 'region', 'market'] as const

export function labCost({ billed, rates, deadlineMs, seenMs }: Wish, nowMs: number): LabCost {
  const hasEnded = deadlineMs !== undefined && nowMs >= deadlineMs && (seenMs ?? 0) < deadlineMs
  const runningEndMs = hasEnded ? deadlineMs : nowMs
  const ms = { running: 0, stopped: 0, nothing: 0 }
  billed.forEach(({ at, what }, index) => {
    const next = billed[index + 1]
    const endMs = next ? Date.parse(next.at) : what === 'running' ? runningEndMs : nowMs
    ms[what] += Math.max(0, endMs - Date.parse(at))
  })
  const usdRunning = times(rates.running, ms.running)
  const usdStopped = times(rates.stopped, ms.stopped)
  const now = hasEnded && billed.at(-1)?.what === 'running' ? 'nothing' : (billed.at(-1)?.what ?? 'nothing')
  const usdSoFar = plus(usdRunning, usdStopped)
  return {
    usdSoFar,
    usdRunning,
    usdStopped,
    usdPerHour: now === 'nothing' ? 0 : rates[now],
    usdUntilEnd: untilEnd(now, usdSoFar, rates, deadlineMs, nowMs),
  }
}

function untilEnd(
  now: BilledFrom['what'],
  usdSoFar: number | null,
  rates: Rates,
  deadlineMs: number | undefined,
  nowMs: number,
): number | null {
  if (now === 'nothing') return usdSoFar
  if (now === 'stopped' || deadlineMs === undefined) return null
  return plus(usdSoFar, times(rates.running, Math.max(0, deadlineMs - nowMs)))
}

/** Nothing at an unknown price costs nothing. */
const times = (usdPerHour: number | null, ms: number): number | null =>
  ms === 0 ? 0 : usdPerHour === null ? null : (usdPerHour * ms) / HOUR_MS

/** Null where one of them is not known. */
export const plus = (a: number | null, b: number | null): number | null => (a === null || b === null ? null : a + b)

/** The entries with what is billed from `at` on; as they are where that is billed already. */
export const billedFrom = (billed: readonly BilledFrom[], what: BilledFrom['what'], at: string): BilledFrom[] =>
  billed.at(-1)?.what === what ? [...billed] : [...billed, { at, what }]
