import type { Offer } from '../plan/rent/offer.js'
import type { RentPlan } from '../plan/rent/rent-plan.js'
import { formatDuration, formatUsd } from '../ui/format.js'

/** `$0.98/h + $0.01/h disk and address; $3.95 until it ends (4 h)`. */
export function priceText({ usdPerHour, besidesUsdPerHour, usdUntilDeadline, deadlineMs }: Offer): string {
  const besides = `${formatUsd(besidesUsdPerHour)}/h disk and address`
  if (usdPerHour === null || usdUntilDeadline === null) return `not known, + ${besides}`
  return `${formatUsd(usdPerHour)}/h + ${besides}; ${formatUsd(usdUntilDeadline)} until it ends (${hours(deadlineMs)})`
}

const hours = (ms: number): string => formatDuration(ms).replace(' 00 m', '').replace(' 00 s', '')

/** What the prices of a plan are: of which market and region, and as of when. Undefined where none is known. */
export function priceBasis({ offers, request, pricesAsOf }: RentPlan): string | undefined {
  const priced = offers.filter(({ verdict, usdPerHour }) => verdict === 'fits' && usdPerHour !== null)
  if (priced.length === 0 || pricesAsOf === null) return undefined
  const regions = [...new Set(priced.map(({ priceRegion }) => priceRegion))].join(', ')
  const elsewhere = priced.some(({ region, priceRegion }) => region !== priceRegion)
  if (request.market === 'spot') return `Spot prices in ${regions} of ${pricesAsOf}; they change by the hour`
  return `${elsewhere ? `Prices are the ${regions} list price` : `List prices in ${regions}`} of ${pricesAsOf}`
}

const OLD_DAYS = 60

/** A sentence on prices, with what to do when they are old. */
export function agedPrices(basis: string, ageDays: number | undefined, program: string): string {
  if (ageDays === undefined || ageDays <= OLD_DAYS) return `${basis}.`
  return `${basis}, ${String(ageDays)} days old: \`${program} prices refresh\` reads today's.`
}
