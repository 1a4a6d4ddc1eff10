import type { Market } from './price.js'
import type { TypeTable } from './type-table.js'

export interface PriceChange {
  readonly instanceType: string
  readonly region: string
  readonly market: Market
  readonly usdBefore: number
  readonly usdNow: number
}

/** Prices of the regions that are in both tables and differ, the largest change (as a ratio) first. */
export function priceChanges(before: TypeTable, now: TypeTable, regions: readonly string[]): PriceChange[] {
  const old = new Map(before.types.map((type) => [type.instanceType, type]))
  const changes = now.types.flatMap(({ instanceType, usdPerHour }) =>
    regions.flatMap((region) =>
      (['on-demand', 'spot'] as const).flatMap((market): PriceChange[] => {
        const key = market === 'spot' ? 'spot' : 'onDemand'
        const usdBefore = old.get(instanceType)?.usdPerHour[region]?.[key]
        const usdNow = usdPerHour[region]?.[key]
        if (usdBefore === undefined || usdNow === undefined || usdBefore === usdNow) return []
        return [{ instanceType, region, market, usdBefore, usdNow }]
      }),
    ),
  )
  const size = ({ usdBefore, usdNow }: PriceChange): number => Math.abs(Math.log(usdNow / usdBefore))
  return changes.sort((a, b) => size(b) - size(a))
}
