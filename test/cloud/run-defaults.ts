/** What EC2 adds to a launch that does not say it, and moto does not: what belongs to the machine goes with it. */
import { snapshotGBOf } from './images.js'
import { type Answer, type AwsRequest, refusal } from './request.js'

type Params = Readonly<Record<string, string>>

const ROOT_DEVICE = '/dev/sda1'

export const withDefaults = (params: Params): Record<string, string> => withRoot(withInterface(params))

const NIC = 'NetworkInterface.1.'

/**
 * The first interface in its long form, which alone can be told to go with the machine; its groups in their short form,
 * which alone moto shows as those of the machine.
 */
function withInterface(params: Params): Record<string, string> {
  if (`${NIC}NetworkInterfaceId` in params) return { ...params }
  const long = Object.entries(params).map(([name, value]) => [longName(name), value])
  return {
    [`${NIC}DeviceIndex`]: '0',
    [`${NIC}DeleteOnTermination`]: 'true',
    ...(Object.fromEntries(long) as Record<string, string>),
  }
}

function longName(name: string): string {
  if (name === 'SubnetId') return `${NIC}SubnetId`
  return name.startsWith(`${NIC}SecurityGroupId.`) ? name.slice(NIC.length) : name
}

function withRoot(params: Record<string, string>): Record<string, string> {
  const root = rootIn(params)
  return root === undefined ? params : { [`${root}.Ebs.DeleteOnTermination`]: 'true', ...params }
}

/** `BlockDeviceMapping.1`, where that is of the root disk. */
const rootIn = (params: Params): string | undefined =>
  Object.keys(params)
    .find((name) => /^BlockDeviceMapping\.\d+\.DeviceName$/.test(name) && params[name] === ROOT_DEVICE)
    ?.replace(/\.DeviceName$/, '')

export function rootTooSmall(request: AwsRequest): Answer | undefined {
  const { params } = request
  const size = params[`${rootIn(params) ?? ''}.Ebs.VolumeSize`]
  const leastGB = snapshotGBOf(params['ImageId'] ?? '')
  if (size === undefined || Number(size) >= leastGB) return undefined
  const text = `Volume of size ${size}GB is smaller than snapshot, expect size >= ${String(leastGB)}GB`
  return refusal(request, 'InvalidBlockDeviceMapping', text)
}
