/** What the stages need from AWS, as narrow interfaces: the other half of `ports.ts`. */
import type { Market } from './plan/aws/price.js'
import type { InstanceType } from './plan/aws/type-table.js'

/** What EC2 says of itself in one region. Every call reads only; rejects with `aws.credentials`, `aws.refused`, `aws.unreachable`. */
export interface Ec2 {
  /** Types with whole NVIDIA GPUs. */
  gpuTypes(signal: AbortSignal): Promise<readonly ReportedType[]>
  /** In how many availability zones each type is offered. */
  zones(signal: AbortSignal): Promise<ReadonlyMap<string, number>>
  /** US dollars an hour now, in the cheapest zone of each type. */
  spotPrices(types: readonly string[], signal: AbortSignal): Promise<ReadonlyMap<string, number>>
  /** Every region of the partition, whether the account may use it or not. */
  regions(signal: AbortSignal): Promise<readonly AwsRegion[]>
}

export interface AwsRegion {
  readonly name: string
  readonly isEnabled: boolean
}

/** The price list of AWS. */
export interface Pricing {
  /** On-demand US dollars an hour of Linux machines; a type whose price is not one clear number is absent. */
  onDemand(region: string, signal: AbortSignal): Promise<ReadonlyMap<string, number>>
}

/** An instance type as EC2 reports it; the GPU under EC2's own name. */
export interface ReportedType extends Omit<InstanceType, 'gpu' | 'zones' | 'usdPerHour'> {
  readonly gpuName: string
}

/** Whose credentials they are. */
export interface Identity {
  /** Twelve digits. */
  readonly accountId: string
  readonly arn: string
  /** AWS's clock when it answered, in milliseconds since the epoch; absent where the answer did not say. */
  readonly serverMs?: number
}

export interface Account {
  /** Needs no permission. Rejects with `aws.credentials`, `aws.unreachable`. */
  identity(signal: AbortSignal): Promise<Identity>
  /** What an encoded authorization message says, as JSON text; undefined where the account may not ask. */
  decode(message: string, signal: AbortSignal): Promise<string | undefined>
}

/** An image with NVIDIA's driver, to start machines from. */
export interface MachineImage {
  readonly id: string
  readonly name: string
  /** `/dev/sda1` or what the image says. */
  readonly rootDevice: string
  readonly snapshotGB: number
  /** ISO 8601. */
  readonly createdAt: string
}

export interface Subnet {
  readonly id: string
  readonly zone: string
}

/** Where a machine can be put so that it is reached from outside. */
export interface Network {
  readonly vpcId: string
  /** With a route to the internet, at most one a zone, sorted by zone. */
  readonly publicSubnets: readonly Subnet[]
  /** Subnets that were looked at and have no way out. */
  readonly privateSubnets: readonly Subnet[]
}

/** A machine of the account that runs or starts, whoever made it: it counts against the vCPU quota. */
export interface VcpuUse {
  readonly instanceType: string
  readonly market: Market
  readonly vcpus: number
}

/** What a launch in one region depends on. Reads, but for the last two. Rejects like `Ec2`, and with `aws.region`. */
export interface Launch {
  /** The newest image with a driver. Rejects with `aws.image` where there is none. */
  image(signal: AbortSignal): Promise<MachineImage>
  /** Zones of the region that offer each type, sorted; a type that is nowhere is absent. */
  zonesOf(types: readonly string[], signal: AbortSignal): Promise<ReadonlyMap<string, readonly string[]>>
  /** The network of that subnet, else the default one; undefined where there is none. */
  network(subnetId: string | undefined, signal: AbortSignal): Promise<Network | undefined>
  /** vCPUs that the quota of that code allows. */
  quotaVcpus(code: string, signal: AbortSignal): Promise<number>
  vcpusInUse(signal: AbortSignal): Promise<readonly VcpuUse[]>
  /** US dollars an hour now: type, then zone. */
  spotByZone(types: readonly string[], signal: AbortSignal): Promise<ReadonlyMap<string, ReadonlyMap<string, number>>>
  /** Makes the default network that AWS makes for new accounts. */
  makeDefaultNetwork(signal: AbortSignal): Promise<void>
  /**
   * Asks AWS for a higher quota; resolves to AWS's word for the state of the request. One that is open already, whoever
   * made it, is a success without an id: `ALREADY_OPEN`.
   */
  requestQuota(
    code: string,
    vcpus: number,
    signal: AbortSignal,
  ): Promise<{ readonly id: string; readonly state: string }>
}

/** EC2's own words. */
export type MachineState = 'pending' | 'running' | 'stopping' | 'stopped' | 'shutting-down' | 'terminated'

/** A machine as EC2 describes it. */
export interface CloudMachine {
  readonly id: string
  readonly region: string
  readonly zone: string
  readonly instanceType: string
  readonly market: Market
  readonly state: MachineState
  /** Why it is in that state, where EC2 says so: `Server.SpotInstanceTermination: ...`. */
  readonly stateReason?: string
  /** Public address; there is none while it is stopped, and another after each start. */
  readonly address?: string
  /** Of its last start, ISO 8601. */
  readonly launchedAt: string
  readonly tags: Readonly<Record<string, string>>
}

/** A thing in the account that carries labos's tags. Machines that have ended are none. */
export interface Holding {
  readonly kind: 'machine' | 'volume' | 'address' | 'network-interface' | 'security-group'
  readonly id: string
  readonly region: string
  readonly tags: Readonly<Record<string, string>>
  /** EC2's word for its state, where it has one. */
  readonly state?: string
  /** ISO 8601, where EC2 says so. */
  readonly createdAt?: string
  /** Of volumes. */
  readonly sizeGB?: number
  /** Of machines. */
  readonly machine?: CloudMachine
}

/** What labos holds in one region: found by tag, looked at, given back. */
export interface Holdings {
  /** Everything that carries labos's tags, or only what is of one lab (its id). */
  list(labId: string | undefined, signal: AbortSignal): Promise<readonly Holding[]>
  /** Undefined where EC2 knows none of that id (any more, or not yet). Ended ones are described for about an hour. */
  machine(id: string, signal: AbortSignal): Promise<CloudMachine | undefined>
  /** Success when it is ending or gone. Rejects with `machine.state` where it is protected. */
  terminate(id: string, signal: AbortSignal): Promise<void>
  /** Rejects with `machine.state` where EC2 does not allow it. */
  stop(id: string, signal: AbortSignal): Promise<void>
  /** Never tried again by itself. Rejects with `capacity.none`, `quota.vcpu`, `machine.state`. */
  start(id: string, signal: AbortSignal): Promise<void>
  /** Removes a group, volume, address or interface. `in-use`: not yet possible. Success when it is gone. */
  remove(holding: Pick<Holding, 'kind' | 'id'>, signal: AbortSignal): Promise<'removed' | 'in-use'>
  /** Sets tags, over those of the same name. */
  tag(id: string, tags: Readonly<Record<string, string>>, signal: AbortSignal): Promise<void>
}

/** A security group that labos made for a lab. */
export interface AccessGroup {
  readonly id: string
  /** CIDR blocks that reach port 22. */
  readonly ingress: readonly string[]
}

/** Who may reach a lab's machine. Rejects like `Ec2`. */
export interface Access {
  /** The groups of that lab (its id), found by tag. */
  groups(labId: string, signal: AbortSignal): Promise<readonly AccessGroup[]>
  /** Lets a block of addresses reach port 22. Success when it does already. */
  allow(groupId: string, cidr: string, signal: AbortSignal): Promise<void>
  /** Takes that back. Success when there is nothing to take back. */
  disallow(groupId: string, cidr: string, signal: AbortSignal): Promise<void>
}

/** The account's view of one region. */
export interface Aws {
  readonly ec2: Ec2
  readonly pricing: Pricing
  readonly account: Account
  readonly launch: Launch
  readonly holdings: Holdings
  readonly access: Access
}

/** Made at the first use: nothing of the SDK is loaded by commands that do not ask. */
export type OpenAws = (region: string) => Promise<Aws>
