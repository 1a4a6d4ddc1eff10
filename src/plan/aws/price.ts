/** What an instance type costs, as far as the table knows; never guessed. */
import type { Dated, InstanceType, TypeTable } from './type-table.js'

export type Market = 'on-demand' | 'spot'

export interface Price {
  /** Null = not known. */
  readonly usdPerHour: number | null
  /** Of which region the price is; null = not known. */
  readonly region: string | null
  /** Date of the price (ISO), null = not known. */
  readonly asOf: string | null
}

/** On-demand list prices of this region stand in, named as such, for regions that were never refreshed. */
export const LIST_PRICE_REGION = 'us-east-1'

const UNKNOWN: Price = { usdPerHour: null, region: null, asOf: null }

export function priceOf(table: TypeTable, type: InstanceType, region: string, market: Market): Price {
  const own = priceIn(table, type, region, market)
  if (own.usdPerHour !== null || market === 'spot') return own // a spot price elsewhere says nothing
  return priceIn(table, type, LIST_PRICE_REGION, market)
}

function priceIn({ prices }: TypeTable, { usdPerHour }: InstanceType, region: string, market: Market): Price {
  const usd = usdPerHour[region]?.[market === 'spot' ? 'spot' : 'onDemand']
  return usd === undefined
    ? UNKNOWN
    : { usdPerHour: usd, region, asOf: pricesDate({ prices }, region, market)?.asOf ?? null }
}

/** When the prices of a region were read; undefined where none ever was. */
export function pricesDate({ prices }: Pick<TypeTable, 'prices'>, region: string, market: Market): Dated | undefined {
  const dated = prices[region]
  return market === 'spot' ? (dated?.spot ?? dated) : dated
}

/** gp3 storage, a GB and month, us-east-1 list; 730 hours a month. */
export const DISK_USD_PER_GB_HOUR = 0.08 / 730
/** A public IPv4 address, everywhere. */
export const ADDRESS_USD_PER_HOUR = 0.005

/** gp3 throughput above what is free, a MB/s and month. */
const FREE_MBPS = 125
const USD_PER_MBPS_HOUR = 0.04 / 730

/** What a machine costs an hour beside itself: its disk and its address. */
export const besidesUsdPerHour = (diskGB: number, throughputMBps: number = FREE_MBPS): number =>
  diskGB * DISK_USD_PER_GB_HOUR + Math.max(0, throughputMBps - FREE_MBPS) * USD_PER_MBPS_HOUR + ADDRESS_USD_PER_HOUR
