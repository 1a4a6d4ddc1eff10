/** Tables put together: what a region answered over what was known, and what was cached over what was shipped. Pure. */
import { factsOf } from './reported.js'
import type { ReportedType } from '../../ports.js'
import type { Dated, InstanceType, TypeTable, UsdPerHour } from './type-table.js'

/** What one region answered; a part that could not be read is absent, and what was known of it stays. */
export interface RegionAnswers {
  readonly region: string
  readonly types: readonly ReportedType[]
  readonly zones?: ReadonlyMap<string, number>
  readonly onDemand?: ReadonlyMap<string, number>
  readonly spot?: ReadonlyMap<string, number>
}

/** `asOf`: ISO date of the answers. */
export function mergeRegion(table: TypeTable, answers: RegionAnswers, asOf: string): TypeTable {
  const reported = new Map(answers.types.map((type) => [type.instanceType, type]))
  const known = new Map(table.types.map((type) => [type.instanceType, type]))
  const names = [...known.keys(), ...[...reported.keys()].filter((name) => !known.has(name))]
  const types = names.flatMap((name) => {
    const facts = reported.get(name)
    const before = known.get(name)
    const entry = facts ? { zones: {}, usdPerHour: {}, ...before, ...factsOf(facts) } : before
    return entry ? [withRegion(entry, answers)] : []
  })
  const dated: Dated = { asOf, source: 'AWS' }
  return { ...table, facts: dated, prices: pricesDated(table, answers, dated), types }
}

/** One date for both markets: list prices that could not be read keep theirs. */
function pricesDated(
  { prices }: TypeTable,
  { region, onDemand, spot }: RegionAnswers,
  dated: Dated,
): TypeTable['prices'] {
  const isDated = onDemand !== undefined || (spot !== undefined && !prices[region])
  return isDated ? { ...prices, [region]: dated } : prices
}

function withRegion(type: InstanceType, { region, zones, onDemand, spot }: RegionAnswers): InstanceType {
  const name = type.instanceType
  const { [region]: zoneCount, ...otherZones } = type.zones
  const { [region]: before, ...otherPrices } = type.usdPerHour
  const count = zones ? zones.get(name) : zoneCount
  const price = pricesOf({
    onDemand: onDemand ? onDemand.get(name) : before?.onDemand,
    spot: spot ? spot.get(name) : before?.spot,
  })
  return {
    ...type,
    zones: count === undefined ? otherZones : { ...otherZones, [region]: count },
    usdPerHour: price ? { ...otherPrices, [region]: price } : otherPrices,
  }
}

function pricesOf({
  onDemand,
  spot,
}: {
  onDemand: number | undefined
  spot: number | undefined
}): UsdPerHour | undefined {
  if (onDemand === undefined && spot === undefined) return undefined
  return { ...(onDemand === undefined ? {} : { onDemand }), ...(spot === undefined ? {} : { spot }) }
}

/** The newer of each part: facts as a whole, prices by region. A newer labos may have shipped newer ones than were cached. */
export function combine(shipped: TypeTable, cached: TypeTable): TypeTable {
  const [newer, older] = cached.facts.asOf >= shipped.facts.asOf ? [cached, shipped] : [shipped, cached]
  const names = new Set(newer.types.map(({ instanceType }) => instanceType))
  const regions = [...new Set([...Object.keys(shipped.prices), ...Object.keys(cached.prices)])]
  const sourceOf = (region: string): TypeTable =>
    (cached.prices[region]?.asOf ?? '') >= (shipped.prices[region]?.asOf ?? '') ? cached : shipped
  const prices = regions.flatMap((region) => {
    const dated = sourceOf(region).prices[region]
    return dated ? [[region, dated] as const] : []
  })
  const usdOf = ({ instanceType }: InstanceType): InstanceType['usdPerHour'] =>
    Object.fromEntries(
      regions.flatMap((region) => {
        const type = sourceOf(region).types.find((entry) => entry.instanceType === instanceType)
        const usd = type?.usdPerHour[region]
        return usd ? [[region, usd] as const] : []
      }),
    )
  const types = [...newer.types, ...older.types.filter(({ instanceType }) => !names.has(instanceType))]
  return {
    ...newer,
    prices: Object.fromEntries(prices),
    types: types.map((type) => ({ ...type, usdPerHour: usdOf(type) })),
  }
}
