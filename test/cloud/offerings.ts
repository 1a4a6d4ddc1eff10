/** Which zones offer a type: moto knows AWS's own lists, and a test takes zones out. */
import { all, children, parseXml, remove, textOf, writeXml } from './document.js'
import { type AwsRequest, type Answer, refusal } from './request.js'
import type { CloudSettings } from './settings.js'
import { vcpusOf } from './types.js'
import type { Handler, World } from './world.js'

export const describeOfferings: Handler = async (_request, forward, { settings }) => {
  const answer = await forward()
  if (answer.status !== 200) return answer
  const document = parseXml(answer.body)
  for (const item of itemsIn(document))
    if (isTakenOut(textOf(item, 'instanceType'), textOf(item, 'location'), settings)) remove(item)
  return { ...answer, body: writeXml(document) }
}

const itemsIn = (document: ReturnType<typeof parseXml>) =>
  all(document, 'instanceTypeOfferingSet').flatMap((set) => children(set, 'item'))

const isTakenOut = (type: string, zone: string, { notOffered }: CloudSettings): boolean =>
  notOffered[type]?.includes(zone) ?? false

/** Sorted by name. */
export async function zonesOf(instanceType: string, region: string, world: World): Promise<readonly string[]> {
  const key = `${region} ${instanceType}`
  const known = world.offered.get(key) ?? askZones(instanceType, region, world)
  world.offered.set(key, known)
  return (await known).filter((zone) => !isTakenOut(instanceType, zone, world.settings))
}

async function askZones(instanceType: string, region: string, { admin }: World): Promise<readonly string[]> {
  const { body } = await admin.ask('ec2', region, {
    Action: 'DescribeInstanceTypeOfferings',
    LocationType: 'availability-zone',
    'Filter.1.Name': 'instance-type',
    'Filter.1.Value.1': instanceType,
  })
  const zones = itemsIn(parseXml(body)).map((item) => textOf(item, 'location'))
  return zones.filter((zone) => zone.startsWith(region)).sort()
}

/** The refusal of a launch in a zone that does not offer the type; of types that are in the table. */
export async function notOffered(request: AwsRequest, world: World): Promise<Answer | undefined> {
  const type = request.params['InstanceType'] ?? ''
  const zone = launchZone(request, world.networks.zoneOf)
  if (zone === undefined || vcpusOf(type) === undefined) return undefined
  const zones = await zonesOf(type, request.region, world)
  if (zones.includes(zone)) return undefined
  const wrong = `Your requested instance type (${type}) is not supported in your requested Availability Zone (${zone}).`
  const others = zones.length > 0 ? ` or choosing ${zones.join(', ')}` : ''
  return refusal(
    request,
    'Unsupported',
    `${wrong} Please retry your request by not specifying an Availability Zone${others}.`,
  )
}

export const launchZone = (
  { params }: AwsRequest,
  zoneOf: (subnetId: string) => string | undefined,
): string | undefined =>
  params['Placement.AvailabilityZone'] ?? zoneOf(params['NetworkInterface.1.SubnetId'] ?? params['SubnetId'] ?? '')
