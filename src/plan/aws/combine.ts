/** What was cached over what was shipped: the newer of each part, region by region. Pure. */
import { bothPrices, datesOf } from './merge.js'
import { pricesDate } from './price.js'
import type { Dated, InstanceType, TypeTable } from './type-table.js'

/** When the zones of a region were read. */
export const zonesDate = ({ zones, facts }: TypeTable, region: string): Dated => zones?.[region] ?? facts

/** A newer labos may have shipped newer facts than were cached; of the same day, what was cached is the user's own. */
export function combine(shipped: TypeTable, cached: TypeTable): TypeTable {
  const [newer, older] = cached.facts.asOf >= shipped.facts.asOf ? [cached, shipped] : [shipped, cached]
  const later = (dateOf: (table: TypeTable, region: string) => Dated | undefined, region: string): TypeTable =>
    (dateOf(cached, region)?.asOf ?? '') >= (dateOf(shipped, region)?.asOf ?? '') ? cached : shipped
  const byName = new Map([shipped, cached].map((table) => [table, namesOf(table)]))
  const entryOf = (table: TypeTable, { instanceType }: InstanceType): InstanceType | undefined =>
    byName.get(table)?.get(instanceType)

  const places = [...new Set([...shipped.types, ...cached.types].flatMap(({ zones }) => Object.keys(zones)))]
  const zoneSides = places.map((region) => ({ region, table: later(zonesDate, region) }))
  const markets = [...new Set([...Object.keys(shipped.prices), ...Object.keys(cached.prices)])]
  const priceSides = markets.map((region) => ({
    region,
    list: later((table) => pricesDate(table, region, 'on-demand'), region),
    spot: later((table) => pricesDate(table, region, 'spot'), region),
  }))

  const types = [...newer.types, ...older.types.filter((type) => entryOf(newer, type) === undefined)]
  const zones = zoneSides
    .map(({ region, table }) => [region, zonesDate(table, region)] as const)
    .filter(([, { asOf, source }]) => asOf !== newer.facts.asOf || source !== newer.facts.source)
  return {
    version: newer.version,
    facts: newer.facts,
    prices: defined(
      priceSides.map(({ region, list, spot }) => [
        region,
        datesOf(pricesDate(list, region, 'on-demand'), pricesDate(spot, region, 'spot')),
      ]),
    ),
    ...(zones.length > 0 ? { zones: Object.fromEntries(zones) } : {}),
    types: types.map((type) => ({
      ...type,
      zones: defined(zoneSides.map(({ region, table }) => [region, entryOf(table, type)?.zones[region]])),
      usdPerHour: defined(
        priceSides.map(({ region, list, spot }) => [
          region,
          bothPrices(entryOf(list, type)?.usdPerHour[region]?.onDemand, entryOf(spot, type)?.usdPerHour[region]?.spot),
        ]),
      ),
    })),
  }
}

const namesOf = ({ types }: TypeTable): Map<string, InstanceType> =>
  new Map(types.map((type) => [type.instanceType, type]))

const defined = <T>(entries: readonly (readonly [string, T | undefined])[]): Record<string, T> =>
  Object.fromEntries(entries.flatMap(([key, value]) => (value === undefined ? [] : [[key, value] as const])))
