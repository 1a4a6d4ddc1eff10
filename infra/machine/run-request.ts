/** RunInstances for one rung: one machine, tagged in the same call, that ends when it is powered off. Pure. */
import { createHash } from 'node:crypto'
import type { RunRequest } from '../ec2-calls.js'
import type { MachineInputs, Rung } from '../spec.js'

/** gp3 has these for nothing, and gives a quarter of a MB/s for each. */
const FREE_IOPS = 3000
const IOPS_PER_MBPS = 4

const TAGGED = ['instance', 'volume', 'network-interface'] as const

/** `generation`: a machine that has ended keeps its token for a while, so the next one needs another. */
export function runRequest(inputs: MachineInputs, rung: Rung, generation: number): RunRequest {
  const { tags, imageId, rootDevice, userData, securityGroupId } = inputs
  const isSpot = rung.market === 'spot'
  const Tags = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }))
  return {
    ClientToken: clientToken(inputs, rung, generation),
    MinCount: 1,
    MaxCount: 1,
    ImageId: imageId,
    InstanceType: rung.instanceType,
    ...(rung.subnetId === undefined && rung.zone !== undefined ? { Placement: { AvailabilityZone: rung.zone } } : {}),
    InstanceInitiatedShutdownBehavior: 'terminate',
    UserData: userData,
    // No instance profile: the machine holds no credentials. Tags in the metadata are how it learns of a new deadline.
    MetadataOptions: {
      HttpTokens: 'required',
      HttpPutResponseHopLimit: 1,
      HttpEndpoint: 'enabled',
      InstanceMetadataTags: 'enabled',
    },
    NetworkInterfaces: [
      {
        DeviceIndex: 0,
        ...(rung.subnetId === undefined ? {} : { SubnetId: rung.subnetId }),
        Groups: [securityGroupId],
        AssociatePublicIpAddress: true,
        DeleteOnTermination: true,
      },
    ],
    BlockDeviceMappings: [
      {
        DeviceName: rootDevice,
        Ebs: {
          VolumeType: 'gp3',
          VolumeSize: rung.disk.sizeGB,
          Iops: Math.max(FREE_IOPS, rung.disk.throughputMBps * IOPS_PER_MBPS),
          Throughput: rung.disk.throughputMBps,
          Encrypted: true,
          DeleteOnTermination: true,
        },
      },
    ],
    TagSpecifications: [...TAGGED, ...(isSpot ? (['spot-instances-request'] as const) : [])].map((ResourceType) => ({
      ResourceType,
      Tags,
    })),
    ...(isSpot
      ? {
          InstanceMarketOptions: {
            MarketType: 'spot',
            SpotOptions: { SpotInstanceType: 'one-time', InstanceInterruptionBehavior: 'terminate' },
          },
        }
      : {}),
  }
}

/** The same for the same wish, from whichever computer it is sent; at most 64 characters. */
export function clientToken({ labId, region }: MachineInputs, rung: Rung, generation: number): string {
  const wish = [labId, region, rung.instanceType, rung.market, rung.zone ?? '', rung.subnetId ?? '', String(generation)]
  return `labos-${createHash('sha256').update(wish.join('|')).digest('hex').slice(0, 48)}`
}
