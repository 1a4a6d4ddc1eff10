/** What the provider needs of EC2 in one region, one request each. Everything rejects with `Ec2Refusal`. */
import type { MachineState } from './spec.js'

/** EC2 said no, or said nothing (`NoAnswer`: the request may have been carried out). */
export class Ec2Refusal extends Error {
  override readonly name = 'Ec2Refusal'
  readonly code: string
  readonly permission: string

  constructor(code: string, message: string, permission: string) {
    super(message)
    this.code = code
    this.permission = permission
  }
}

/** No answer in time, or a connection that was cut. */
export const NO_ANSWER = 'NoAnswer'

export interface SeenMachine extends MachineState {
  readonly stateReason?: string
}

/** The parameters of RunInstances, as the SDK takes them: plain JSON, so that it can be kept and sent again. */
export type RunRequest = Readonly<Record<string, unknown>> & {
  readonly ClientToken: string
  readonly MinCount: number
  readonly MaxCount: number
}

export interface Group {
  readonly id: string
  readonly vpcId: string
  /** CIDR blocks that may reach port 22. */
  readonly ingress: readonly string[]
}

export interface Ec2Calls {
  /** Machines of that lab that have not ended. */
  machinesOf(labId: string): Promise<readonly SeenMachine[]>
  /** Undefined where EC2 knows none of that id. */
  machine(id: string): Promise<SeenMachine | undefined>
  /** One try; never repeated by itself. */
  run(request: RunRequest): Promise<SeenMachine>
  /** Success when it is ending or unknown. */
  terminate(id: string): Promise<void>
  groupsOf(labId: string): Promise<readonly Group[]>
  createGroup(group: { name: string; vpcId?: string; tags: Readonly<Record<string, string>> }): Promise<string>
  /** Success when the rule is there already. */
  allow(groupId: string, cidr: string): Promise<void>
  /** Success when the rule is not there. */
  disallow(groupId: string, cidr: string): Promise<void>
  /** `in-use`: something still holds it. Success when it is gone. */
  deleteGroup(id: string): Promise<'deleted' | 'in-use'>
}

/** Made at the first call for a region. */
export type OpenEc2 = (region: string) => Promise<Ec2Calls>
