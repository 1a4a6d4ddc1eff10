/** What stands behind the instances of a cloud where they are more than records: machines that boot. */
import type { InstanceRecord } from './instances.js'
import type { AwsRequest } from './request.js'
import type { World } from './world.js'

export interface Hosts {
  /** A public address that no machine ever had. */
  nextAddress(): string
  /** Has the machine of a new record boot; nobody waits for it. */
  launch(record: InstanceRecord, request: AwsRequest, world: World): void
  /** Has the machine become what its record wants by now; what it is on the way to is not reached until it is. */
  follow(record: InstanceRecord, world: World): void
  reboot(record: InstanceRecord): void
  /** What it said on its console so far. */
  console(record: InstanceRecord): Promise<string>
  /** Resolves when the region's groups are in force as moto has them now. */
  regroup(region: string, world: World): Promise<void>
  /** Begins nothing more, and resolves when what was begun is done: moto is not needed from then on. */
  close(): Promise<void>
}

const REGROUPS = /SecurityGroup|^(?:RunInstances|ModifyInstanceAttribute|ModifyNetworkInterfaceAttribute)$/

/** True where a call may change who reaches a machine. */
export const mayRegroup = ({ service, action }: AwsRequest): boolean =>
  service === 'ec2' && REGROUPS.test(action) && !action.startsWith('Describe')
