import type { EC2Client } from '@aws-sdk/client-ec2'
import type { Ec2, ReportedType } from '../../ports.js'
import { cheapestNow, reportedType, type SpotPrice, spotPrice } from './answers.js'
import { asked } from './failure.js'

/** Each page has up to 100 types or 1000 offerings; EC2 has about 1,400 types. */
const PAGES_MOST = 60
const SPOT_PAGES_MOST = 20

export function ec2Port(client: EC2Client, region: string): Ec2 {
  return {
    gpuTypes: (signal) => asked('ec2:DescribeInstanceTypes', region, () => gpuTypes(client, signal)),
    zones: (signal) => asked('ec2:DescribeInstanceTypeOfferings', region, () => zones(client, signal)),
    spotPrices: (types, signal) =>
      asked('ec2:DescribeSpotPriceHistory', region, () => spotPrices(client, types, signal)),
    regions: (signal) => asked('ec2:DescribeRegions', region, () => regions(client, signal)),
  }
}

async function gpuTypes(client: EC2Client, abortSignal: AbortSignal): Promise<ReportedType[]> {
  const { DescribeInstanceTypesCommand } = await import('./sdk.js')
  const found: ReportedType[] = []
  let NextToken: string | undefined
  for (let page = 0; page < PAGES_MOST; page += 1) {
    const command = new DescribeInstanceTypesCommand({ MaxResults: 100, ...(NextToken ? { NextToken } : {}) })
    const answer = await client.send(command, { abortSignal })
    found.push(...(answer.InstanceTypes ?? []).flatMap((info) => reportedType(info) ?? []))
    NextToken = answer.NextToken
    if (!NextToken) break
  }
  return found
}

async function zones(client: EC2Client, abortSignal: AbortSignal): Promise<Map<string, number>> {
  const { DescribeInstanceTypeOfferingsCommand } = await import('./sdk.js')
  const found = new Map<string, Set<string>>()
  let NextToken: string | undefined
  for (let page = 0; page < PAGES_MOST; page += 1) {
    const command = new DescribeInstanceTypeOfferingsCommand({
      LocationType: 'availability-zone',
      MaxResults: 1000,
      ...(NextToken ? { NextToken } : {}),
    })
    const answer = await client.send(command, { abortSignal })
    for (const { InstanceType: type, Location: zone } of answer.InstanceTypeOfferings ?? [])
      if (type && zone) found.set(type, (found.get(type) ?? new Set()).add(zone))
    NextToken = answer.NextToken
    if (!NextToken) break
  }
  return new Map([...found].map(([type, places]) => [type, places.size]))
}

/** The history since now begins with each zone's price as it is. */
async function spotPrices(
  client: EC2Client,
  types: readonly string[],
  abortSignal: AbortSignal,
): Promise<Map<string, number>> {
  const { DescribeSpotPriceHistoryCommand } = await import('./sdk.js')
  const found: SpotPrice[] = []
  const StartTime = new Date()
  let NextToken: string | undefined
  for (let page = 0; page < SPOT_PAGES_MOST; page += 1) {
    const command = new DescribeSpotPriceHistoryCommand({
      InstanceTypes: types as never[], // the SDK lists the names that were known when it was made
      ProductDescriptions: ['Linux/UNIX'],
      StartTime,
      ...(NextToken ? { NextToken } : {}),
    })
    const answer = await client.send(command, { abortSignal })
    found.push(...(answer.SpotPriceHistory ?? []).flatMap(spotPrice))
    NextToken = answer.NextToken
    if (!NextToken) break
  }
  return cheapestNow(found)
}

async function regions(client: EC2Client, abortSignal: AbortSignal): Promise<string[]> {
  const { DescribeRegionsCommand } = await import('./sdk.js')
  const { Regions } = await client.send(new DescribeRegionsCommand({}), { abortSignal })
  return (Regions ?? []).flatMap(({ RegionName: name }) => name ?? []).sort()
}
