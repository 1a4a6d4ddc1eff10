/** What the labs have cost, cost now, and will have cost: from their records alone. */
import { LabosError } from '../errors/labos-error.js'
import { labNames, readLab } from '../state/read.js'
import { isOnHost, isOnMachine } from '../state/record.js'
import type { Context } from './context.js'
import { costOfLab } from './rented-record.js'
import { rentedStatus } from './rented-status.js'

/** Public: `labos cost --json` prints it. */
export interface CostReport {
  readonly labs: readonly CostOfLab[]
  /** Of what is known. */
  readonly sum: Money
  /** Labs of which something is not known, and not in the sum. */
  readonly unknown: readonly string[]
}

/** US dollars; null = not known. */
interface Money {
  readonly usdSoFar: number | null
  readonly usdRunning: number | null
  /** Disks of stopped machines. */
  readonly usdStopped: number | null
  /** Now. */
  readonly usdPerHour: number | null
}

export interface CostOfLab extends Money {
  readonly name: string
  readonly provider: 'local' | 'aws' | 'ssh' | null
  readonly state: string
  /** In all, by the end; null too where nothing ends it. */
  readonly usdUntilEnd: number | null
  readonly endsAt: string | null
}

/** Of the labs named. A lab whose record is damaged is there, with nothing known. */
export function cost(names: readonly string[], context: Pick<Context, 'paths' | 'clock'>): CostReport {
  const labs = names.map((name) => costOf(name, context))
  const sum = (of: (lab: CostOfLab) => number | null): number => labs.reduce((total, lab) => total + (of(lab) ?? 0), 0)
  return {
    labs,
    sum: {
      usdSoFar: sum(({ usdSoFar }) => usdSoFar),
      usdRunning: sum(({ usdRunning }) => usdRunning),
      usdStopped: sum(({ usdStopped }) => usdStopped),
      usdPerHour: sum(({ usdPerHour }) => usdPerHour),
    },
    unknown: labs
      .filter(({ usdSoFar, usdPerHour }) => usdSoFar === null || usdPerHour === null)
      .map(({ name }) => name),
  }
}

export const allCosts = (context: Pick<Context, 'paths' | 'clock'>): CostReport =>
  cost(labNames(context.paths), context)

const NOTHING = { usdSoFar: 0, usdRunning: 0, usdStopped: 0, usdPerHour: 0, usdUntilEnd: 0, endsAt: null } as const
const UNKNOWN = {
  usdSoFar: null,
  usdRunning: null,
  usdStopped: null,
  usdPerHour: null,
  usdUntilEnd: null,
  endsAt: null,
} as const

function costOf(name: string, { paths, clock }: Pick<Context, 'paths' | 'clock'>): CostOfLab {
  try {
    const record = readLab(paths, name)
    if (!record || !isOnMachine(record)) return { name, provider: 'local', state: 'local', ...NOTHING }
    if (isOnHost(record))
      return { name, provider: 'ssh', state: 'own host', ...NOTHING, endsAt: record.expiresAt ?? null }
    const nowMs = clock.now()
    const { state, endsAt = null } = rentedStatus(record, nowMs)
    return { name, provider: 'aws', state, ...costOfLab(record, nowMs), endsAt }
  } catch (error) {
    if (!(error instanceof LabosError)) throw error
    return { name, provider: null, state: 'damaged', ...UNKNOWN }
  }
}
