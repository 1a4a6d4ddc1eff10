/** Networks: which subnets of one lead out to the internet. */
import type { RouteTable, Subnet as ReportedSubnet } from '@aws-sdk/client-ec2'
import type { Network, Subnet } from '../../cloud-ports.js'
import { refusalKind } from '../../../infra/aws-refusals.js'
import { LabosError } from '../../errors/labos-error.js'
import { askEc2, type Ec2Door, isZoneOf } from './ask-ec2.js'
import { eachPage } from './pages.js'

const PAGES_MOST = 20

export async function networkOf(
  ec2: Ec2Door,
  subnetId: string | undefined,
  signal: AbortSignal,
): Promise<Network | undefined> {
  const named = subnetId === undefined ? undefined : await subnetOf(ec2, subnetId, signal)
  const vpcId = subnetId === undefined ? await defaultVpc(ec2, signal) : named?.VpcId
  if (vpcId === undefined) return undefined
  const [subnets, tables] = await Promise.all([
    named ? [named] : subnetsOf(ec2, vpcId, signal),
    routeTables(ec2, vpcId, signal),
  ])
  return network(vpcId, subnets, tables, ec2.region)
}

async function subnetOf(ec2: Ec2Door, id: string, signal: AbortSignal): Promise<ReportedSubnet | undefined> {
  try {
    return await askEc2(ec2, 'DescribeSubnets', signal, async () => {
      const { DescribeSubnetsCommand } = await import('./sdk.js')
      const { Subnets } = await ec2.client.send(new DescribeSubnetsCommand({ SubnetIds: [id] }), {
        abortSignal: signal,
      })
      return Subnets?.[0]
    })
  } catch (error) {
    if (error instanceof LabosError && error.code === 'aws.network') return undefined // no such subnet
    throw error
  }
}

const defaultVpc = (ec2: Ec2Door, signal: AbortSignal): Promise<string | undefined> =>
  askEc2(ec2, 'DescribeVpcs', signal, async () => {
    const { DescribeVpcsCommand } = await import('./sdk.js')
    const Filters = [{ Name: 'isDefault', Values: ['true'] }]
    const { Vpcs } = await ec2.client.send(new DescribeVpcsCommand({ Filters }), { abortSignal: signal })
    return Vpcs?.[0]?.VpcId
  })

const ofVpc = (vpcId: string): { Filters: { Name: string; Values: string[] }[] } => ({
  Filters: [{ Name: 'vpc-id', Values: [vpcId] }],
})

const subnetsOf = (ec2: Ec2Door, vpcId: string, signal: AbortSignal): Promise<ReportedSubnet[]> =>
  askEc2(ec2, 'DescribeSubnets', signal, async () => {
    const { DescribeSubnetsCommand } = await import('./sdk.js')
    const found: ReportedSubnet[] = []
    await eachPage(
      PAGES_MOST,
      (more) => ec2.client.send(new DescribeSubnetsCommand({ ...ofVpc(vpcId), ...more }), { abortSignal: signal }),
      ({ Subnets }) => found.push(...(Subnets ?? [])),
    )
    return found
  })

const routeTables = (ec2: Ec2Door, vpcId: string, signal: AbortSignal): Promise<RouteTable[]> =>
  askEc2(ec2, 'DescribeRouteTables', signal, async () => {
    const { DescribeRouteTablesCommand } = await import('./sdk.js')
    const found: RouteTable[] = []
    await eachPage(
      PAGES_MOST,
      (more) => ec2.client.send(new DescribeRouteTablesCommand({ ...ofVpc(vpcId), ...more }), { abortSignal: signal }),
      ({ RouteTables }) => found.push(...(RouteTables ?? [])),
    )
    return found
  })

/** Of several public subnets in a zone the one with the most free addresses. */
export function network(
  vpcId: string,
  subnets: readonly ReportedSubnet[],
  tables: readonly RouteTable[],
  region: string,
): Network {
  const usable = subnets
    .filter(({ State, AvailabilityZone: zone }) => State !== 'pending' && isZoneOf(region, zone ?? ''))
    .sort((a, b) => (b.AvailableIpAddressCount ?? 0) - (a.AvailableIpAddressCount ?? 0))
  const out = usable.filter(({ SubnetId }) => leadsOut(tableOf(SubnetId ?? '', tables)))
  const firstOfZone = out.filter(
    ({ AvailabilityZone: zone }, index) => out.findIndex(({ AvailabilityZone }) => AvailabilityZone === zone) === index,
  )
  const others = usable.filter((subnet) => !out.includes(subnet))
  return { vpcId, publicSubnets: sorted(firstOfZone), privateSubnets: sorted(others) }
}

/** Its own, else the main one of the network. */
const tableOf = (subnetId: string, tables: readonly RouteTable[]): RouteTable | undefined =>
  tables.find(({ Associations }) => Associations?.some(({ SubnetId }) => SubnetId === subnetId)) ??
  tables.find(({ Associations }) => Associations?.some(({ Main }) => Main))

const leadsOut = (table: RouteTable | undefined): boolean =>
  (table?.Routes ?? []).some(({ GatewayId, State }) => GatewayId?.startsWith('igw-') && State !== 'blackhole')

const sorted = (subnets: readonly ReportedSubnet[]): Subnet[] =>
  subnets
    .flatMap(({ SubnetId: id, AvailabilityZone: zone }) => (id && zone ? [{ id, zone }] : []))
    .sort((a, b) => a.zone.localeCompare(b.zone))

/** One that is there already is a success. */
export const makeDefaultNetwork = (ec2: Ec2Door, signal: AbortSignal): Promise<void> =>
  askEc2(ec2, 'CreateDefaultVpc', signal, async () => {
    const { CreateDefaultVpcCommand } = await import('./sdk.js')
    try {
      await ec2.client.send(new CreateDefaultVpcCommand({}), { abortSignal: signal })
    } catch (error) {
      if (!(error instanceof Error) || refusalKind(error.name, error.message) !== 'exists') throw error
    }
  })
