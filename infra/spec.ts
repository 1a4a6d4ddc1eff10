/** What a lab is made of in the cloud: the inputs of the stack. Plain values, no secret, no path of this computer. */

/** One way to rent the machine: tried in order. */
export interface Rung {
  readonly instanceType: string
  readonly market: 'on-demand' | 'spot'
  /** Absent where it could not be read: AWS chooses, in the default network. */
  readonly zone?: string
  readonly subnetId?: string
  /** gp3, for the image and what the machine does not keep on disks of its own. */
  readonly disk: { readonly sizeGB: number; readonly throughputMBps: number }
}

/** What both resources are told, so that `pulumi destroy` needs nothing but the state. */
export interface Place {
  readonly region: string
  /** Twelve digits. */
  readonly accountId: string
  /** Value of the tag `labos:lab`: how things are found again. */
  readonly labId: string
  readonly tags: Readonly<Record<string, string>>
}

export interface AccessInputs extends Place {
  /** Absent: the default network. */
  readonly vpcId?: string
  /** Who may reach port 22, as CIDR blocks. */
  readonly ingress: readonly string[]
}

export interface MachineInputs extends Place {
  readonly securityGroupId: string
  /** Best first, at least one. */
  readonly rungs: readonly Rung[]
  readonly imageId: string
  /** Where the image has its root disk: `/dev/sda1`. */
  readonly rootDevice: string
  /** cloud-init's user data, base64. */
  readonly userData: string
  /** How long to try the rungs again when all were refused for capacity; 0 = once. */
  readonly waitCapacityMs: number
}

export interface LabSpec {
  readonly access: AccessInputs
  readonly machine: Omit<MachineInputs, 'securityGroupId'>
}

/** The machine as the stack knows it; times ISO 8601. */
export interface MachineState {
  readonly id: string
  readonly instanceType: string
  readonly market: 'on-demand' | 'spot'
  readonly zone: string
  readonly region: string
  /** EC2's word when it was asked last. */
  readonly state: string
  readonly address?: string
  readonly launchedAt: string
}

/** A refusal of one rung. */
export interface Attempt {
  readonly rung: Rung
  /** EC2's code. */
  readonly code: string
}

/** What the provider says while it works, as JSON in a log line that starts with `SAYS`. */
export type Said =
  | { readonly type: 'trying'; readonly rung: Rung }
  | ({ readonly type: 'refused' } & Attempt)
  | { readonly type: 'made' | 'adopted'; readonly machine: MachineState }
  | { readonly type: 'waiting'; readonly waitMs: number }

export const SAYS = 'labos-says:'

/** Why a resource could not be made, as JSON in an error that holds `FAILED`. */
export interface Failure {
  /** EC2's code, or `Cancelled`, `NoAnswer`. */
  readonly code: string
  readonly message: string
  /** Permission that was needed: `ec2:RunInstances`. */
  readonly permission: string
  readonly region: string
  /** Every rung that was refused, in order. */
  readonly tried: readonly Attempt[]
}

export const FAILED = 'labos-failed:'
