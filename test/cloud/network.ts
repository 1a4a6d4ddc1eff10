/** The default network of each region, made when the region is first asked: moto's has no way out. */
import {
  AttachInternetGatewayCommand,
  CreateInternetGatewayCommand,
  CreateRouteCommand,
  DeleteSubnetCommand,
  DeleteVpcCommand,
  DescribeRouteTablesCommand,
  DescribeSubnetsCommand,
  DescribeVpcsCommand,
  type EC2Client,
} from '@aws-sdk/client-ec2'
import type { Admin } from './admin.js'
import { refusal } from './request.js'
import type { CloudSettings } from './settings.js'
import type { Handler } from './world.js'

export interface Networks {
  /** As the settings say at that moment, once. */
  prepare(region: string): Promise<void>
  /** Gives the region's default network, which was made just now, its way out. */
  connect(region: string): Promise<void>
  /** Of a subnet in a default network. */
  zoneOf(subnetId: string): string | undefined
  defaultVpc(region: string): string | undefined
  /** Those that were prepared. */
  regions(): readonly string[]
}

export function makeNetworks(admin: Admin, settings: CloudSettings): Networks {
  const made = new Map<string, Promise<void>>()
  const zones = new Map<string, string>()
  const vpcs = new Map<string, string>()
  const connect: Networks['connect'] = (region) =>
    admin.withClient(region, async (ec2) => {
      const vpcId = await defaultVpcIn(ec2)
      if (settings.publicSubnets) await openWayOut(ec2, vpcId)
      for (const [subnetId, zone] of await subnetsIn(ec2, vpcId)) zones.set(subnetId, zone)
      vpcs.set(region, vpcId)
    })
  const make = (region: string): Promise<void> =>
    settings.defaultNetwork ? connect(region) : admin.withClient(region, removeDefault)
  return {
    prepare: (region) => {
      const network = made.get(region) ?? make(region)
      made.set(region, network)
      return network
    },
    connect,
    zoneOf: (subnetId) => zones.get(subnetId),
    defaultVpc: (region) => vpcs.get(region),
    regions: () => [...made.keys()],
  }
}

export const createDefaultVpc: Handler = async ({ region }, forward, { networks }) => {
  const answer = await forward()
  if (answer.status === 200) await networks.connect(region)
  return answer
}

/** moto goes on with its first default network, even when that is gone. */
export const createGroup: Handler = (request, forward, { networks }) => {
  if ('VpcId' in request.params) return forward()
  const vpcId = networks.defaultVpc(request.region)
  if (vpcId === undefined) return Promise.resolve(refusal(request, 'VPCIdNotSpecified', 'No default VPC for this user'))
  return forward({ ...request.params, VpcId: vpcId })
}

async function defaultVpcIn(ec2: EC2Client): Promise<string> {
  const { Vpcs } = await ec2.send(new DescribeVpcsCommand({ Filters: [{ Name: 'isDefault', Values: ['true'] }] }))
  const id = Vpcs?.[0]?.VpcId
  if (id === undefined) throw new Error('moto has no default network')
  return id
}

const ofVpc = (vpcId: string) => ({ Filters: [{ Name: 'vpc-id', Values: [vpcId] }] })

/** An internet gateway and a route to it. */
async function openWayOut(ec2: EC2Client, VpcId: string): Promise<void> {
  const { InternetGateway } = await ec2.send(new CreateInternetGatewayCommand({}))
  const GatewayId = InternetGateway?.InternetGatewayId
  await ec2.send(new AttachInternetGatewayCommand({ VpcId, InternetGatewayId: GatewayId }))
  const { RouteTables } = await ec2.send(new DescribeRouteTablesCommand(ofVpc(VpcId)))
  for (const { RouteTableId } of RouteTables ?? [])
    await ec2.send(new CreateRouteCommand({ RouteTableId, GatewayId, DestinationCidrBlock: '0.0.0.0/0' }))
}

/** Id and zone of each. */
async function subnetsIn(ec2: EC2Client, vpcId: string): Promise<[string, string][]> {
  const { Subnets } = await ec2.send(new DescribeSubnetsCommand(ofVpc(vpcId)))
  return (Subnets ?? []).map(({ SubnetId = '', AvailabilityZone = '' }) => [SubnetId, AvailabilityZone])
}

async function removeDefault(ec2: EC2Client): Promise<void> {
  const VpcId = await defaultVpcIn(ec2)
  for (const [SubnetId] of await subnetsIn(ec2, VpcId)) await ec2.send(new DeleteSubnetCommand({ SubnetId }))
  await ec2.send(new DeleteVpcCommand({ VpcId }))
}
