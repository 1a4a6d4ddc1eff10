/** The default network of each region, made when the region is first asked: moto's has no way out. */
import {
  AttachInternetGatewayCommand,
  CreateInternetGatewayCommand,
  CreateRouteCommand,
  DescribeRouteTablesCommand,
  DescribeSubnetsCommand,
  DescribeVpcsCommand,
  type EC2Client,
} from '@aws-sdk/client-ec2'
import type { Admin } from './admin.js'

export interface Networks {
  /** Makes the region's way out, once. */
  prepare(region: string): Promise<void>
  /** Of a subnet in a region that was prepared. */
  zoneOf(subnetId: string): string | undefined
  /** Those that were prepared. */
  regions(): readonly string[]
}

export function makeNetworks(admin: Admin): Networks {
  const made = new Map<string, Promise<void>>()
  const zones = new Map<string, string>()
  const make = (region: string): Promise<void> =>
    admin.withClient(region, async (client) => {
      for (const [subnetId, zone] of await wayOut(client)) zones.set(subnetId, zone)
    })
  return {
    prepare: (region) => {
      const network = made.get(region) ?? make(region)
      made.set(region, network)
      return network
    },
    zoneOf: (subnetId) => zones.get(subnetId),
    regions: () => [...made.keys()],
  }
}

/** An internet gateway and a route to it; resolves to the zone of each subnet. */
async function wayOut(ec2: EC2Client): Promise<ReadonlyMap<string, string>> {
  const { Vpcs } = await ec2.send(new DescribeVpcsCommand({ Filters: [{ Name: 'isDefault', Values: ['true'] }] }))
  const VpcId = Vpcs?.[0]?.VpcId
  if (VpcId === undefined) throw new Error('moto has no default network')
  const { InternetGateway } = await ec2.send(new CreateInternetGatewayCommand({}))
  const GatewayId = InternetGateway?.InternetGatewayId
  await ec2.send(new AttachInternetGatewayCommand({ VpcId, InternetGatewayId: GatewayId }))
  const ofVpc = [{ Name: 'vpc-id', Values: [VpcId] }]
  const { RouteTables } = await ec2.send(new DescribeRouteTablesCommand({ Filters: ofVpc }))
  for (const { RouteTableId } of RouteTables ?? [])
    await ec2.send(new CreateRouteCommand({ RouteTableId, GatewayId, DestinationCidrBlock: '0.0.0.0/0' }))
  const { Subnets } = await ec2.send(new DescribeSubnetsCommand({ Filters: ofVpc }))
  return new Map((Subnets ?? []).map(({ SubnetId = '', AvailabilityZone = '' }) => [SubnetId, AvailabilityZone]))
}
