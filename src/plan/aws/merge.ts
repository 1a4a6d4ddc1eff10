/** What a region answered, put over what was known of it. Pure. */
import { factsOf } from './reported.js'
import { pricesDate } from './price.js'
import type { ReportedType } from '../../cloud-ports.js'
import type { Dated, InstanceType, PricesDated, TypeTable, UsdPerHour } from './type-table.js'

/** What one region answered; a part that could not be read is absent, and what was known of it stays. */
export interface RegionAnswers {
  readonly region: string
  readonly types?: readonly ReportedType[]
  readonly zones?: ReadonlyMap<string, number>
  readonly onDemand?: ReadonlyMap<string, number>
  readonly spot?: ReadonlyMap<string, number>
}

/** `asOf`: ISO date of the answers. Each part has a date of its own: what was not read keeps the one it had. */
export function mergeRegion(table: TypeTable, answers: RegionAnswers, asOf: string): TypeTable {
  const reported = new Map((answers.types ?? []).map((type) => [type.instanceType, type]))
  const known = new Map(table.types.map((type) => [type.instanceType, type]))
  const names = [...known.keys(), ...[...reported.keys()].filter((name) => !known.has(name))]
  const types = names.flatMap((name) => {
    const facts = reported.get(name)
    const before = known.get(name)
    const entry = facts ? { zones: {}, usdPerHour: {}, ...before, ...factsOf(facts) } : before
    return entry ? [withRegion(entry, answers)] : []
  })
  const dated: Dated = { asOf, source: 'AWS' }
  const { region } = answers
  const spot = answers.spot ? dated : pricesDate(table, region, 'spot')
  const prices = datesOf(answers.onDemand ? dated : pricesDate(table, region, 'on-demand'), spot)
  return {
    ...table,
    prices: prices ? { ...table.prices, [region]: prices } : table.prices,
    ...(answers.zones ? { zones: { ...table.zones, [region]: dated } } : {}),
    types,
  }
}

/** The dates of both markets as the table has them. */
export function datesOf(list: Dated | undefined, spot: Dated | undefined): PricesDated | undefined {
  if (!list || !spot) return list ?? spot
  const { asOf, source } = list
  return asOf === spot.asOf && source === spot.source ? { asOf, source } : { asOf, source, spot: plain(spot) }
}

const plain = ({ asOf, source }: Dated): Dated => ({ asOf, source })

function withRegion(type: InstanceType, { region, zones, onDemand, spot }: RegionAnswers): InstanceType {
  const name = type.instanceType
  const { [region]: zoneCount, ...otherZones } = type.zones
  const { [region]: before, ...otherPrices } = type.usdPerHour
  const count = zones ? zones.get(name) : zoneCount
  const price = bothPrices(onDemand ? onDemand.get(name) : before?.onDemand, spot ? spot.get(name) : before?.spot)
  return {
    ...type,
    zones: count === undefined ? otherZones : { ...otherZones, [region]: count },
    usdPerHour: price ? { ...otherPrices, [region]: price } : otherPrices,
  }
}

/** Undefined where neither is known. */
export function bothPrices(onDemand: number | undefined, spot: number | undefined): UsdPerHour | undefined {
  if (onDemand === undefined && spot === undefined) return undefined
  return { ...(onDemand === undefined ? {} : { onDemand }), ...(spot === undefined ? {} : { spot }) }
}
