/** What a test has left in the cloud: all that carries one of labos's tags and still exists. */
import {
  DescribeAddressesCommand,
  DescribeInstancesCommand,
  DescribeNetworkInterfacesCommand,
  DescribeSecurityGroupsCommand,
  DescribeVolumesCommand,
  type EC2Client,
  type Tag,
} from '@aws-sdk/client-ec2'
import { stateAt } from './instances.js'
import type { World } from './world.js'

const PREFIX = 'labos:'

export interface CloudLeftover {
  readonly kind: 'machine' | 'volume' | 'address' | 'network-interface' | 'security-group'
  readonly id: string
  readonly region: string
}

/** In every region that EC2 was ever asked in. A machine is left until it is `terminated`. */
export async function leftoversIn(world: World): Promise<CloudLeftover[]> {
  const found = await Promise.all(
    world.networks.regions().map(async (region) => {
      const tagged = await world.admin.withClient(region, taggedIn)
      return tagged
        .filter(({ kind, id }) => kind !== 'machine' || !hasEnded(id, world))
        .map((one) => ({ ...one, region }))
    }),
  )
  return found.flat()
}

const hasEnded = (id: string, { records, settings, now }: World): boolean => {
  const record = records.get(id)
  return record !== undefined && stateAt(record, settings, now()) === 'terminated'
}

async function taggedIn(ec2: EC2Client): Promise<Omit<CloudLeftover, 'region'>[]> {
  const [instances, volumes, addresses, interfaces, groups] = await Promise.all([
    ec2.send(new DescribeInstancesCommand({ MaxResults: 1000 })),
    ec2.send(new DescribeVolumesCommand({})),
    ec2.send(new DescribeAddressesCommand({})),
    ec2.send(new DescribeNetworkInterfacesCommand({})),
    ec2.send(new DescribeSecurityGroupsCommand({})),
  ])
  const machines = (instances.Reservations ?? []).flatMap(({ Instances }) => Instances ?? [])
  return [
    ...tagged('machine', machines, ({ InstanceId, Tags }) => [InstanceId, Tags]),
    ...tagged('volume', volumes.Volumes, ({ VolumeId, Tags }) => [VolumeId, Tags]),
    ...tagged('address', addresses.Addresses, ({ AllocationId, Tags }) => [AllocationId, Tags]),
    ...tagged('network-interface', interfaces.NetworkInterfaces, (one) => [one.NetworkInterfaceId, one.TagSet]),
    ...tagged('security-group', groups.SecurityGroups, ({ GroupId, Tags }) => [GroupId, Tags]),
  ]
}

function tagged<T>(
  kind: CloudLeftover['kind'],
  things: readonly T[] | undefined,
  read: (thing: T) => readonly [string | undefined, readonly Tag[] | undefined],
): Omit<CloudLeftover, 'region'>[] {
  return (things ?? []).flatMap((thing) => {
    const [id, tags] = read(thing)
    return id !== undefined && tags?.some(({ Key }) => Key?.startsWith(PREFIX)) ? [{ kind, id }] : []
  })
}
