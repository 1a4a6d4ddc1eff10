/** What EC2 adds to a launch that does not say it, and moto does not: what belongs to the machine goes with it. */
type Params = Readonly<Record<string, string>>

const ROOT_DEVICE = '/dev/sda1'

export const withDefaults = (params: Params): Record<string, string> => withRoot(withInterface(params))

/** The first interface in its long form, which alone can be told to go with the machine. */
function withInterface(params: Params): Record<string, string> {
  if ('NetworkInterface.1.NetworkInterfaceId' in params) return { ...params }
  const { SubnetId, ...rest } = params
  const moved = Object.entries(rest).map(([name, value]) => [name.replace(/^SecurityGroupId\./, `${NIC}$&`), value])
  return {
    [`${NIC}DeviceIndex`]: '0',
    [`${NIC}DeleteOnTermination`]: 'true',
    ...(SubnetId === undefined ? {} : { [`${NIC}SubnetId`]: SubnetId }),
    ...(Object.fromEntries(moved) as Record<string, string>),
  }
}

const NIC = 'NetworkInterface.1.'

function withRoot(params: Record<string, string>): Record<string, string> {
  const device = Object.keys(params).find(
    (name) => /^BlockDeviceMapping\.\d+\.DeviceName$/.test(name) && params[name] === ROOT_DEVICE,
  )
  if (device === undefined) return params
  return { [device.replace(/DeviceName$/, 'Ebs.DeleteOnTermination')]: 'true', ...params }
}
