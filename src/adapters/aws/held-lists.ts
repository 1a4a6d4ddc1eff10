/** The five lists of what an account holds in one region, all pages of each. */
import type { EC2Client } from '@aws-sdk/client-ec2'
import type { CloudMachine, Holding } from '../../cloud-ports.js'
import { TAGS } from '../../plan/aws/tags.js'
import { heldAddress, heldGroup, heldInterface, heldMachine, heldVolume, machineOf } from './held.js'
import { eachPage } from './pages.js'

const PAGES_MOST = 100
const PAGE = 500
/** All but `terminated`: those cost nothing, are described for an hour more, and lose their tags in it. */
const LIVING = ['pending', 'running', 'stopping', 'stopped', 'shutting-down']

interface Filter {
  readonly Name: string
  readonly Values: string[]
}

/** What carries labos's tags, or those of one lab. */
export const tagFilter = (labId: string | undefined): Filter =>
  labId === undefined ? { Name: 'tag-key', Values: [TAGS.lab] } : { Name: `tag:${TAGS.lab}`, Values: [labId] }

export interface ListDeps {
  readonly client: EC2Client
  readonly region: string
  readonly signal: AbortSignal
}

export async function heldMachines(filter: Filter, { client, region, signal }: ListDeps): Promise<Holding[]> {
  const { DescribeInstancesCommand } = await import('./sdk-holdings.js')
  const found: CloudMachine[] = []
  const wish = { Filters: [filter, { Name: 'instance-state-name', Values: LIVING }], MaxResults: PAGE }
  await eachPage(
    PAGES_MOST,
    (more) => client.send(new DescribeInstancesCommand({ ...wish, ...more }), { abortSignal: signal }),
    ({ Reservations }) =>
      found.push(
        ...(Reservations ?? []).flatMap(({ Instances }) => Instances ?? []).flatMap((each) => machineOf(each, region)),
      ),
  )
  return found.map(heldMachine)
}

export async function heldVolumes(filter: Filter, { client, region, signal }: ListDeps): Promise<Holding[]> {
  const { DescribeVolumesCommand } = await import('./sdk-holdings.js')
  const found: Holding[] = []
  await eachPage(
    PAGES_MOST,
    (more) =>
      client.send(new DescribeVolumesCommand({ Filters: [filter], MaxResults: PAGE, ...more }), {
        abortSignal: signal,
      }),
    ({ Volumes }) => found.push(...(Volumes ?? []).flatMap((each) => heldVolume(each, region))),
  )
  return found
}

export async function heldGroups(filter: Filter, { client, region, signal }: ListDeps): Promise<Holding[]> {
  const { DescribeSecurityGroupsCommand } = await import('./sdk-holdings.js')
  const found: Holding[] = []
  await eachPage(
    PAGES_MOST,
    (more) =>
      client.send(new DescribeSecurityGroupsCommand({ Filters: [filter], MaxResults: PAGE, ...more }), {
        abortSignal: signal,
      }),
    ({ SecurityGroups }) => found.push(...(SecurityGroups ?? []).flatMap((each) => heldGroup(each, region))),
  )
  return found
}

/** EC2 has no pages of addresses. */
export async function heldAddresses(filter: Filter, { client, region, signal }: ListDeps): Promise<Holding[]> {
  const { DescribeAddressesCommand } = await import('./sdk-holdings.js')
  const { Addresses } = await client.send(new DescribeAddressesCommand({ Filters: [filter] }), { abortSignal: signal })
  return (Addresses ?? []).flatMap((each) => heldAddress(each, region))
}

export async function heldInterfaces(filter: Filter, { client, region, signal }: ListDeps): Promise<Holding[]> {
  const { DescribeNetworkInterfacesCommand } = await import('./sdk-holdings.js')
  const found: Holding[] = []
  await eachPage(
    PAGES_MOST,
    (more) =>
      client.send(new DescribeNetworkInterfacesCommand({ Filters: [filter], MaxResults: PAGE, ...more }), {
        abortSignal: signal,
      }),
    ({ NetworkInterfaces }) => found.push(...(NetworkInterfaces ?? []).flatMap((each) => heldInterface(each, region))),
  )
  return found
}
