/** What `up` makes for a lab in the test cloud, made here by hand with the real SDK. */
import {
  AllocateAddressCommand,
  CreateSecurityGroupCommand,
  CreateVolumeCommand,
  type EC2Client,
  RunInstancesCommand,
} from '@aws-sdk/client-ec2'

export interface MadeLab {
  readonly machineId: string
  readonly groupId: string
}

interface Wish {
  readonly labId: string
  readonly tags?: Readonly<Record<string, string>>
  readonly isSpot?: boolean
}

const tagsOf = ({ labId, tags }: Wish): { Key: string; Value: string }[] =>
  Object.entries({ 'labos:lab': labId, 'labos:name': 'one', 'labos:owner': 'me@here', ...tags }).map(
    ([Key, Value]) => ({
      Key,
      Value,
    }),
  )

/** A group and a machine in it, all tagged. */
export async function makeLab(ec2: EC2Client, wish: Wish): Promise<MadeLab> {
  const Tags = tagsOf(wish)
  const { GroupId: groupId = '' } = await ec2.send(
    new CreateSecurityGroupCommand({
      GroupName: `labos-${wish.labId}`,
      Description: 'test',
      TagSpecifications: [{ ResourceType: 'security-group', Tags }],
    }),
  )
  const { Instances } = await ec2.send(
    new RunInstancesCommand({
      ImageId: 'ami-12345678',
      InstanceType: 'g6e.xlarge',
      MinCount: 1,
      MaxCount: 1,
      SecurityGroupIds: [groupId],
      InstanceInitiatedShutdownBehavior: 'terminate',
      BlockDeviceMappings: [
        { DeviceName: '/dev/sda1', Ebs: { VolumeSize: 120, VolumeType: 'gp3', DeleteOnTermination: true } },
      ],
      TagSpecifications: [
        { ResourceType: 'instance', Tags },
        { ResourceType: 'volume', Tags },
      ],
      ...(wish.isSpot ? { InstanceMarketOptions: { MarketType: 'spot' } } : {}),
    }),
  )
  return { machineId: Instances?.[0]?.InstanceId ?? '', groupId }
}

/** What may be left over: a disk and an address of its own. */
export async function makeThings(ec2: EC2Client, wish: Wish): Promise<void> {
  const Tags = tagsOf(wish)
  await ec2.send(
    new CreateVolumeCommand({
      AvailabilityZone: 'us-east-1a',
      Size: 10,
      TagSpecifications: [{ ResourceType: 'volume', Tags }],
    }),
  )
  await ec2.send(
    new AllocateAddressCommand({ Domain: 'vpc', TagSpecifications: [{ ResourceType: 'elastic-ip', Tags }] }),
  )
}
