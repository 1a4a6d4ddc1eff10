/** Spot prices: of each type and zone one, a part of the price on demand that grows from zone to zone. */
import { zonesOf } from './offerings.js'
import { pageOf } from './pages.js'
import { ec2Answer, elements, filtersOf, listOf, type AwsRequest } from './request.js'
import { gpuTypes, usdOf } from './types.js'
import type { Handler } from './world.js'

const CHEAPEST_PART = 0.35
const DEAREST_PART = 0.5
const PART_STEP = 0.03
const LINUX = ['Linux/UNIX', 'Linux/UNIX (Amazon VPC)']

/** The price now, and when it was last changed, a few minutes ago. */
export const spotHistory: Handler = async (request, _forward, world) => {
  const { region } = request
  const zoneWish = wished(request, 'availability-zone', [request.params['AvailabilityZone'] ?? []].flat())
  const platforms = wished(request, 'product-description', listOf(request, 'ProductDescription'))
  const isLinux = platforms.length === 0 || platforms.some((name) => LINUX.includes(name))
  const asked = wished(request, 'instance-type', listOf(request, 'InstanceType'))
  const rows = await Promise.all(
    (isLinux ? (asked.length > 0 ? asked : gpuTypes) : []).map(async (type) => {
      const zones = await zonesOf(type, region, world)
      return zones.flatMap((zone, index) => row(type, zone, index, usdOf(type, region)))
    }),
  )
  const inZone = rows.flat().filter(({ zone }) => zoneWish.length === 0 || zoneWish.includes(zone))
  const { items, next } = pageOf(inZone, request.params, 1000)
  const body = items.map(({ xml }) => xml).join('')
  return ec2Answer(request.action, `<spotPriceHistorySet>${body}</spotPriceHistorySet>${elements({ nextToken: next })}`)
}

const wished = (request: AwsRequest, filter: string, named: readonly string[]): readonly string[] =>
  named.length > 0 ? named : (filtersOf(request).get(filter) ?? [])

/** The price in the zone of that index among those that offer the type. */
export const spotUsd = (onDemandUsd: number, zoneIndex: number): number =>
  onDemandUsd * Math.min(DEAREST_PART, CHEAPEST_PART + PART_STEP * zoneIndex)

function row(instanceType: string, zone: string, index: number, onDemandUsd: number | undefined) {
  if (onDemandUsd === undefined) return []
  const values = {
    instanceType,
    productDescription: 'Linux/UNIX',
    spotPrice: spotUsd(onDemandUsd, index).toFixed(6),
    timestamp: new Date(Date.now() - (index + 1) * 60_000).toISOString(),
    availabilityZone: zone,
  }
  return [{ zone, xml: `<item>${elements(values)}</item>` }]
}
