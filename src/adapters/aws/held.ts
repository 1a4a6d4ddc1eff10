/** What EC2 says of the things in an account, as our shapes. Pure; what is not as expected is left out. */
import type { Address, Instance, NetworkInterface, SecurityGroup, Tag, Volume } from '@aws-sdk/client-ec2'
import type { CloudMachine, Holding, MachineState } from '../../cloud-ports.js'

const STATES: ReadonlySet<string> = new Set<MachineState>([
  'pending',
  'running',
  'stopping',
  'stopped',
  'shutting-down',
  'terminated',
])
const isState = (name: string | undefined): name is MachineState => name !== undefined && STATES.has(name)

export function machineOf(instance: Instance, region: string): CloudMachine[] {
  const { InstanceId: id, InstanceType: instanceType, State, LaunchTime, PublicIpAddress: address } = instance
  const state = State?.Name
  if (!id || !instanceType || !isState(state)) return []
  const stateReason = reasonOf(instance)
  return [
    {
      id,
      region,
      zone: instance.Placement?.AvailabilityZone ?? '',
      instanceType,
      market: instance.InstanceLifecycle === 'spot' ? 'spot' : 'on-demand',
      state,
      ...(stateReason === undefined ? {} : { stateReason }),
      ...(address ? { address } : {}),
      launchedAt: LaunchTime?.toISOString() ?? '',
      tags: tagsOf(instance.Tags),
    },
  ]
}

/** `Server.SpotInstanceTermination: ...`. EC2 puts the code into the message too. */
function reasonOf({ StateReason }: Instance): string | undefined {
  const { Code: code, Message: message } = StateReason ?? {}
  if (!code) return undefined
  return !message || message === code ? code : message.startsWith(code) ? message : `${code}: ${message}`
}

export const heldMachine = (machine: CloudMachine): Holding => ({
  kind: 'machine',
  id: machine.id,
  region: machine.region,
  tags: machine.tags,
  state: machine.state,
  ...(machine.launchedAt === '' ? {} : { createdAt: machine.launchedAt }),
  machine,
})

export function heldVolume({ VolumeId: id, State, CreateTime, Size, Tags }: Volume, region: string): Holding[] {
  if (!id) return []
  return [
    {
      kind: 'volume',
      id,
      region,
      tags: tagsOf(Tags),
      ...(State ? { state: State } : {}),
      ...(CreateTime ? { createdAt: CreateTime.toISOString() } : {}),
      ...(Size === undefined ? {} : { sizeGB: Size }),
    },
  ]
}

export const heldGroup = ({ GroupId: id, Tags }: SecurityGroup, region: string): Holding[] =>
  id ? [{ kind: 'security-group', id, region, tags: tagsOf(Tags) }] : []

export const heldAddress = ({ AllocationId: id, Tags }: Address, region: string): Holding[] =>
  id ? [{ kind: 'address', id, region, tags: tagsOf(Tags) }] : []

export const heldInterface = (
  { NetworkInterfaceId: id, Status, TagSet }: NetworkInterface,
  region: string,
): Holding[] =>
  id ? [{ kind: 'network-interface', id, region, tags: tagsOf(TagSet), ...(Status ? { state: Status } : {}) }] : []

const tagsOf = (tags: readonly Tag[] | undefined): Record<string, string> =>
  Object.fromEntries((tags ?? []).flatMap(({ Key, Value }) => (Key ? [[Key, Value ?? '']] : [])))
