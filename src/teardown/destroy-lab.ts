/** Gives back all that a lab holds in the cloud, and proves that nothing of it is left. */
import type { Holding, OpenAws } from '../cloud-ports.js'
import type { LabosError } from '../errors/labos-error.js'
import { holdingUsdPerHour, type MachinePrice } from '../plan/aws/cloud-labs.js'
import type { Clock } from '../ports.js'
import type { Emit } from '../ui/events.js'
import { destroyIn } from './destroy-region.js'

export interface DestroyWish {
  readonly labId: string
  /** Where anything of it is or may be. */
  readonly regions: readonly string[]
  /** The machine that its record names: it is ended even where its tags were taken off. */
  readonly machine?: { readonly id: string; readonly region: string }
  /** Until then (clock time) a machine may still appear that was asked for: finding nothing is no proof before. */
  readonly settleUntilMs?: number
  /** Only there; absent = in every region. */
  readonly settleRegion?: string
  /** Tell the machine to end, and see to nothing else. */
  readonly noWait?: boolean
}

export interface DestroyDeps {
  readonly aws: OpenAws
  readonly clock: Clock
  readonly emit: Emit
  readonly price: MachinePrice
}

export interface Left extends Holding {
  /** Null = not known. */
  readonly usdPerHour: number | null
}

/** Nothing left and nothing unknown: proven gone. */
export interface Destroyed {
  readonly removed: readonly Holding[]
  /** As they were seen last. */
  readonly left: readonly Left[]
  /** Regions in which it could not be done or seen, and why. */
  readonly unknown: readonly UnknownRegion[]
}

export interface UnknownRegion {
  readonly region: string
  readonly error: LabosError
}

/**
 * All regions side by side: ends machines, waits until EC2 says that they have ended, removes what hung on them, and
 * searches by tag until nothing is found. May be called again after a failure. Rejects with the signal's reason alone;
 * what AWS refuses is in `unknown`.
 */
export async function destroyLab(wish: DestroyWish, deps: DestroyDeps, signal: AbortSignal): Promise<Destroyed> {
  const results = await Promise.all(
    [...new Set(wish.regions)].map((region) => destroyIn({ ...wish, region }, deps, signal)),
  )
  return {
    removed: results.flatMap(({ removed }) => removed),
    left: results
      .flatMap(({ left }) => left)
      .map((holding) => ({ ...holding, usdPerHour: holdingUsdPerHour(holding, deps.price) })),
    unknown: results.flatMap(({ region, error }) => (error ? [{ region, error }] : [])),
  }
}
