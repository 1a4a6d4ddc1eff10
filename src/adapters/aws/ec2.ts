import type { EC2Client } from '@aws-sdk/client-ec2'
import type { AwsRegion, Ec2, ReportedType } from '../../cloud-ports.js'
import { cheapestNow, reportedType, type SpotPrice, spotPrice } from './answers.js'
import { isZoneOf } from './ask-ec2.js'
import { asked } from './failure.js'
import { eachPage } from './pages.js'

/** Each page has up to 100 types or 1000 offerings; EC2 has about 1,400 types. */
const PAGES_MOST = 60
const SPOT_PAGES_MOST = 20

export function ec2Port(client: EC2Client, region: string): Ec2 {
  const ask = <T>(name: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> =>
    asked({ permission: `ec2:${name}`, region }, signal, work)
  return {
    gpuTypes: (signal) => ask('DescribeInstanceTypes', signal, () => gpuTypes(client, signal)),
    zones: (signal) => ask('DescribeInstanceTypeOfferings', signal, () => zones(client, region, signal)),
    spotPrices: (types, signal) =>
      ask('DescribeSpotPriceHistory', signal, () => spotPrices(client, region, types, signal)),
    regions: (signal) => ask('DescribeRegions', signal, () => regions(client, signal)),
  }
}

async function gpuTypes(client: EC2Client, abortSignal: AbortSignal): Promise<ReportedType[]> {
  const { DescribeInstanceTypesCommand } = await import('./sdk.js')
  const found: ReportedType[] = []
  await eachPage(
    PAGES_MOST,
    (more) => client.send(new DescribeInstanceTypesCommand({ MaxResults: 100, ...more }), { abortSignal }),
    ({ InstanceTypes }) => found.push(...(InstanceTypes ?? []).flatMap((info) => reportedType(info) ?? [])),
  )
  return found
}

async function zones(client: EC2Client, region: string, abortSignal: AbortSignal): Promise<Map<string, number>> {
  const { DescribeInstanceTypeOfferingsCommand } = await import('./sdk.js')
  const found = new Map<string, Set<string>>()
  const wish = { LocationType: 'availability-zone', MaxResults: 1000 } as const
  await eachPage(
    PAGES_MOST,
    (more) => client.send(new DescribeInstanceTypeOfferingsCommand({ ...wish, ...more }), { abortSignal }),
    ({ InstanceTypeOfferings }) => {
      for (const { InstanceType: type, Location: zone } of InstanceTypeOfferings ?? [])
        if (type && zone && isZoneOf(region, zone)) found.set(type, (found.get(type) ?? new Set()).add(zone))
    },
  )
  return new Map([...found].map(([type, places]) => [type, places.size]))
}

/** The history since now begins with each zone's price as it is. */
async function spotPrices(
  client: EC2Client,
  region: string,
  types: readonly string[],
  abortSignal: AbortSignal,
): Promise<Map<string, number>> {
  const { DescribeSpotPriceHistoryCommand } = await import('./sdk.js')
  const found: SpotPrice[] = []
  const wish = {
    InstanceTypes: types as never[], // the SDK lists the names that were known when it was made
    ProductDescriptions: ['Linux/UNIX'],
    StartTime: new Date(),
  }
  await eachPage(
    SPOT_PAGES_MOST,
    (more) => client.send(new DescribeSpotPriceHistoryCommand({ ...wish, ...more }), { abortSignal }),
    ({ SpotPriceHistory }) => found.push(...(SpotPriceHistory ?? []).flatMap(spotPrice)),
  )
  return cheapestNow(found.filter(({ zone }) => isZoneOf(region, zone)))
}

async function regions(client: EC2Client, abortSignal: AbortSignal): Promise<AwsRegion[]> {
  const { DescribeRegionsCommand } = await import('./sdk.js')
  const { Regions } = await client.send(new DescribeRegionsCommand({ AllRegions: true }), { abortSignal })
  return (Regions ?? [])
    .flatMap(({ RegionName: name, OptInStatus: status }) =>
      name ? [{ name, isEnabled: status !== 'not-opted-in' }] : [],
    )
    .sort((a, b) => a.name.localeCompare(b.name))
}
