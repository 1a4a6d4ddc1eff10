/** Where types are offered, and what they cost on the spot market, zone by zone. */
import { newestSpot, type SpotPrice, spotPrice } from './answers.js'
import { askEc2, type Ec2Door, isZoneOf } from './ask-ec2.js'
import { eachPage } from './pages.js'

const PAGES_MOST = 20

/** Asked by a filter: a type that EC2 does not know fails the other way. */
const ofTypes = (types: readonly string[]): { Name: string; Values: string[] } => ({
  Name: 'instance-type',
  Values: [...types],
})

export const zonesOf = (
  ec2: Ec2Door,
  types: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, readonly string[]>> =>
  askEc2(ec2, 'DescribeInstanceTypeOfferings', signal, async () => {
    if (types.length === 0) return new Map()
    const { DescribeInstanceTypeOfferingsCommand } = await import('./sdk.js')
    const wish = { LocationType: 'availability-zone' as const, Filters: [ofTypes(types)], MaxResults: 1000 }
    const found = new Map<string, Set<string>>()
    await eachPage(
      PAGES_MOST,
      (more) =>
        ec2.client.send(new DescribeInstanceTypeOfferingsCommand({ ...wish, ...more }), { abortSignal: signal }),
      ({ InstanceTypeOfferings }) => {
        for (const { InstanceType: type, Location: zone } of InstanceTypeOfferings ?? [])
          if (type && zone && isZoneOf(ec2.region, zone))
            found.set(type, (found.get(type) ?? new Set<string>()).add(zone))
      },
    )
    return new Map([...found].map(([type, zones]) => [type, [...zones].sort()]))
  })

/** The history since now begins with each zone's price as it is. */
export const spotByZone = (
  ec2: Ec2Door,
  types: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, ReadonlyMap<string, number>>> =>
  askEc2(ec2, 'DescribeSpotPriceHistory', signal, async () => {
    if (types.length === 0) return new Map()
    const { DescribeSpotPriceHistoryCommand } = await import('./sdk.js')
    const found: SpotPrice[] = []
    const wish = {
      Filters: [ofTypes(types)],
      ProductDescriptions: ['Linux/UNIX'],
      StartTime: new Date(),
    }
    await eachPage(
      PAGES_MOST,
      (more) => ec2.client.send(new DescribeSpotPriceHistoryCommand({ ...wish, ...more }), { abortSignal: signal }),
      ({ SpotPriceHistory }) => found.push(...(SpotPriceHistory ?? []).flatMap(spotPrice)),
    )
    const prices = new Map<string, Map<string, number>>()
    for (const { type, zone, usd } of newestSpot(found))
      if (isZoneOf(ec2.region, zone)) prices.set(type, (prices.get(type) ?? new Map<string, number>()).set(zone, usd))
    return prices
  })
