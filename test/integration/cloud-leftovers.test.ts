/** What the test cloud says is left in it, for the leak tests of others. */
import {
  AllocateAddressCommand,
  CreateSecurityGroupCommand,
  CreateTagsCommand,
  CreateVolumeCommand,
  DeleteSecurityGroupCommand,
  DescribeInstancesCommand,
  DescribeNetworkInterfacesCommand,
  DescribeVolumesCommand,
  type EC2Client,
  type ResourceType,
  RunInstancesCommand,
  type RunInstancesCommandInput,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { ec2Of } from '../cloud/clients.js'
import { type Cloud, startCloud } from '../cloud/cloud.js'

let cloud: Cloud
let ec2: EC2Client

beforeAll(async () => {
  cloud = await startCloud({ settings: { pendingMs: 0 } })
  ec2 = ec2Of(cloud)
})
beforeEach(() => void (cloud.settings.shuttingDownMs = 0))
afterAll(async () => {
  ec2.destroy()
  await cloud.close()
})

const Tags = [{ Key: 'labos:lab', Value: 'a1' }]
const tagged = (...types: ResourceType[]) => types.map((ResourceType) => ({ ResourceType, Tags }))

async function run(more: Partial<RunInstancesCommandInput> = {}, client = ec2): Promise<string> {
  const wish = { ImageId: 'ami-12345678', InstanceType: 'g6e.xlarge', MinCount: 1, MaxCount: 1 } as const
  const { Instances } = await client.send(new RunInstancesCommand({ ...wish, ...more }))
  return Instances?.[0]?.InstanceId ?? ''
}

const end = (id: string, client = ec2) => client.send(new TerminateInstancesCommand({ InstanceIds: [id] }))
const kinds = async () => (await cloud.leftovers()).map(({ kind }) => kind).sort()

it('finds a tagged machine with its disk and interface until it is terminated, and nothing after that', async () => {
  const id = await run({
    TagSpecifications: tagged('instance', 'volume', 'network-interface'),
    BlockDeviceMappings: [{ DeviceName: '/dev/sda1', Ebs: { VolumeSize: 120, VolumeType: 'gp3' } }],
  })
  expect(await kinds()).toEqual(['machine', 'network-interface', 'volume'])
  cloud.settings.shuttingDownMs = 60_000
  await end(id)
  expect(await cloud.leftovers()).toEqual([{ kind: 'machine', id, region: 'us-east-1' }])
  cloud.settings.shuttingDownMs = 0
  expect(await cloud.leftovers()).toEqual([])
})

it('finds volumes, groups and addresses, in every region that was asked', async () => {
  const far = ec2Of(cloud, 'eu-west-1')
  const { GroupId = '' } = await far.send(
    new CreateSecurityGroupCommand({ GroupName: 'g', Description: 'g', TagSpecifications: tagged('security-group') }),
  )
  const zone = { AvailabilityZone: 'us-east-1a', Size: 8 }
  await ec2.send(new CreateVolumeCommand({ ...zone, TagSpecifications: tagged('volume') }))
  await ec2.send(new CreateVolumeCommand(zone))
  await ec2.send(new AllocateAddressCommand({ TagSpecifications: tagged('elastic-ip') }))
  expect(await kinds()).toEqual(['address', 'security-group', 'volume'])
  expect(await cloud.leftovers()).toContainEqual({ kind: 'security-group', id: GroupId, region: 'eu-west-1' })
  await far.send(new DeleteSecurityGroupCommand({ GroupId }))
  expect(await kinds()).toEqual(['address', 'volume'])
  far.destroy()
})

it('shows tags that were set later', async () => {
  const id = await run()
  await ec2.send(new CreateTagsCommand({ Resources: [id], Tags: [{ Key: 'labos:until', Value: 'noon' }] }))
  const { Reservations } = await ec2.send(new DescribeInstancesCommand({ InstanceIds: [id] }))
  expect(Reservations?.[0]?.Instances?.[0]?.Tags).toEqual([{ Key: 'labos:until', Value: 'noon' }])
  expect(await cloud.leftovers()).toContainEqual({ kind: 'machine', id, region: 'us-east-1' })
  await end(id)
})

it('gives disk and interface back with the machine, whichever way it was launched', async () => {
  const held = async () => {
    const { Volumes } = await ec2.send(new DescribeVolumesCommand({}))
    const { NetworkInterfaces } = await ec2.send(new DescribeNetworkInterfacesCommand({}))
    return [Volumes?.length, NetworkInterfaces?.length]
  }
  const before = await held()
  const id = await run({ BlockDeviceMappings: [{ DeviceName: '/dev/sda1', Ebs: { VolumeSize: 120 } }] })
  expect(await held()).not.toEqual(before)
  await end(id)
  expect(await held()).toEqual(before)
})
