/** How far up the ladder a lab may go by itself: a machine that costs many times the one that was agreed to is no stand-in. Pure. */
import type { Offer } from './offer.js'
import type { RentRequest } from './request.js'

/** Without a limit of the user's: that many times the price of the first machine. */
const TIMES_FIRST = 2

type Limited = Pick<Offer, 'instanceType' | 'usdPerHour' | 'verdict'>
type Limits = Pick<RentRequest, 'maxUsdPerHour' | 'instanceTypes'>

/** US dollars an hour, the machine alone; undefined where the user named the types, or the first price is not known. */
export function ladderLimit(offers: readonly Limited[], { maxUsdPerHour, instanceTypes }: Limits): number | undefined {
  if (maxUsdPerHour !== undefined) return maxUsdPerHour
  const first = offers.find(({ verdict }) => verdict === 'fits')?.usdPerHour ?? undefined
  return instanceTypes || first === undefined ? undefined : first * TIMES_FIRST
}

/**
 * The offers that are tried, in order. Where there is a limit, those within it; where the first price is not known and no
 * types were named, the first type alone.
 */
export function rungsWithin<T extends Limited>(offers: readonly T[], limits: Limits): T[] {
  const fits = offers.filter(({ verdict }) => verdict === 'fits')
  const limit = ladderLimit(fits, limits)
  const [first] = fits
  if (limit !== undefined) return fits.filter(({ usdPerHour }) => usdPerHour !== null && usdPerHour <= limit)
  return limits.instanceTypes ? fits : fits.filter(({ instanceType }) => instanceType === first?.instanceType)
}
