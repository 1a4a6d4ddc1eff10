/** EC2 as the provider asks it, in memory: tokens as EC2 takes them, and refusals as a test scripts them. */
import {
  type Ec2Calls,
  Ec2Refusal,
  type Group,
  NO_ANSWER,
  type RunRequest,
  type SeenMachine,
} from '../../infra/ec2-calls.js'
import type { Intent, Intents } from '../../infra/machine/intent.js'
import type { AccessInputs, MachineInputs, Rung } from '../../infra/spec.js'

/** `lost`: carried out, and its answer lost; any other text but `made` is the code of a refusal (`NoAnswer`: never arrived). */
export type RunOutcome = 'made' | 'lost' | (string & {})

export interface FakeEc2 extends Ec2Calls {
  /** Every RunInstances, in order. */
  readonly sent: readonly RunRequest[]
  /** Every call, as one line. */
  readonly log: readonly string[]
  /** As they are now, by id; a test may change them. */
  readonly machines: Map<string, SeenMachine>
  readonly groups: Map<string, Group>
}

export interface FakeEc2Wish {
  onRun?(request: RunRequest, index: number): RunOutcome
  /** What a read of a machine says: the machine as it is, what the test makes of it, none, or a refusal's code. */
  onRead?(machine: SeenMachine | undefined, index: number): SeenMachine | undefined | string
  /** The code with which a group's deletion is refused. */
  onDeleteGroup?(index: number): 'deleted' | 'in-use'
  /** Code of a refusal of CreateSecurityGroup; `lost`: made, and its answer lost. */
  onCreateGroup?(index: number): RunOutcome
  /** State and address of a new machine. */
  readonly born?: Partial<SeenMachine>
}

export const refusal = (code: string, action = 'RunInstances'): Ec2Refusal =>
  new Ec2Refusal(code, `${code}, says the test`, `ec2:${action}`)

export function fakeEc2(wish: FakeEc2Wish = {}): FakeEc2 {
  const sent: RunRequest[] = []
  const log: string[] = []
  const machines = new Map<string, SeenMachine>()
  const groups = new Map<string, Group>()
  const counted = counter()
  const tokens = new Map<string, { readonly id: string; readonly wish: string }>()
  const run = (request: RunRequest): SeenMachine => {
    sent.push(request)
    const outcome = wish.onRun?.(request, sent.length - 1) ?? 'made'
    if (outcome !== 'made' && outcome !== 'lost') throw refusal(outcome)
    const before = tokens.get(request.ClientToken)
    if (before && before.wish !== JSON.stringify(request)) throw refusal('IdempotentParameterMismatch')
    const machine = (before && machines.get(before.id)) ?? newMachine(request, machines.size + 1, wish.born)
    tokens.set(request.ClientToken, { id: machine.id, wish: JSON.stringify(request) })
    machines.set(machine.id, machine)
    if (outcome === 'lost') throw refusal(NO_ANSWER)
    return machine
  }
  const read = (id: string): SeenMachine | undefined => {
    const machine = machines.get(id)
    const seen = wish.onRead ? wish.onRead(machine, counted('read')) : machine
    if (typeof seen === 'string') throw refusal(seen, 'DescribeInstances')
    return seen
  }
  return {
    sent,
    log,
    machines,
    groups,
    machinesOf: async () => {
      log.push('machinesOf')
      return [...machines.values()].filter(({ state }) => state !== 'terminated')
    },
    machine: async (id) => {
      log.push(`machine ${id}`)
      return read(id)
    },
    run: async (request) => {
      log.push(`run ${String(request['InstanceType'])}`)
      return run(request)
    },
    terminate: async (id) => {
      log.push(`terminate ${id}`)
      const machine = machines.get(id)
      if (machine && machine.state !== 'terminated') machines.set(id, { ...machine, state: 'shutting-down' })
    },
    ...groupCalls(groups, log, wish, counted),
  }
}

function groupCalls(
  groups: Map<string, Group>,
  log: string[],
  wish: FakeEc2Wish,
  counted: (what: string) => number,
): Pick<Ec2Calls, 'groupsOf' | 'createGroup' | 'allow' | 'disallow' | 'deleteGroup'> {
  const withIngress = (id: string, change: (ingress: readonly string[]) => readonly string[]): void => {
    const group = groups.get(id)
    if (!group) throw refusal('InvalidGroup.NotFound')
    groups.set(id, { ...group, ingress: change(group.ingress) })
  }
  return {
    groupsOf: async () => {
      log.push('groupsOf')
      return [...groups.values()]
    },
    createGroup: async ({ name, vpcId = 'vpc-default' }) => {
      log.push(`createGroup ${name}`)
      const outcome = wish.onCreateGroup?.(counted('create')) ?? 'made'
      if (outcome !== 'made' && outcome !== 'lost') throw refusal(outcome, 'CreateSecurityGroup')
      const id = `sg-${String(groups.size + 1)}`
      groups.set(id, { id, vpcId, ingress: [] })
      if (outcome === 'lost') throw refusal('InvalidGroup.Duplicate', 'CreateSecurityGroup')
      return id
    },
    allow: async (id, cidr) => {
      log.push(`allow ${cidr}`)
      withIngress(id, (ingress) => [...new Set([...ingress, cidr])])
    },
    disallow: async (id, cidr) => {
      log.push(`disallow ${cidr}`)
      withIngress(id, (ingress) => ingress.filter((each) => each !== cidr))
    },
    deleteGroup: async (id) => {
      log.push(`deleteGroup ${id}`)
      const outcome = wish.onDeleteGroup?.(counted('delete')) ?? 'deleted'
      if (outcome === 'deleted') groups.delete(id)
      return outcome
    },
  }
}

function counter(): (what: string) => number {
  const counts = new Map<string, number>()
  return (what) => {
    const count = counts.get(what) ?? 0
    counts.set(what, count + 1)
    return count
  }
}

export function newMachine(request: RunRequest, number: number, born: Partial<SeenMachine> = {}): SeenMachine {
  const placement = request['Placement'] as { readonly AvailabilityZone?: string } | undefined
  return {
    id: `i-${String(number)}`,
    instanceType: String(request['InstanceType']),
    market: request['InstanceMarketOptions'] === undefined ? 'on-demand' : 'spot',
    zone: placement?.AvailabilityZone ?? 'us-east-1a',
    region: 'us-east-1',
    state: 'running',
    address: '192.0.2.7',
    launchedAt: '2026-01-01T00:00:00.000Z',
    ...born,
  }
}

export interface FakeIntents extends Intents {
  /** Everything that was kept, in order. */
  readonly kept: readonly Intent[]
}

export function fakeIntents(first?: Intent): FakeIntents {
  const kept: Intent[] = first ? [first] : []
  return {
    kept,
    last: async () => kept.at(-1),
    keep: async (intent) => void kept.push(intent),
  }
}

const place = {
  region: 'us-east-1',
  accountId: '123456789012',
  labId: 'lab-1',
  tags: { 'labos:lab': 'lab-1', 'labos:name': 'one' },
}

export const someRung = (more: Partial<Rung> = {}): Rung => ({
  instanceType: 'g6e.xlarge',
  market: 'on-demand',
  zone: 'us-east-1a',
  disk: { sizeGB: 120, throughputMBps: 500 },
  ...more,
})

/** Rungs in zones a, b, c ... of the same type. */
export const zonesOf = (count: number, more: Partial<Rung> = {}): Rung[] =>
  Array.from({ length: count }, (_, index) =>
    someRung({ zone: `us-east-1${String.fromCharCode(97 + index)}`, ...more }),
  )

export const machineWish = (more: Partial<MachineInputs> = {}): MachineInputs => ({
  ...place,
  securityGroupId: 'sg-1',
  rungs: zonesOf(1),
  imageId: 'ami-12345678',
  rootDevice: '/dev/sda1',
  userData: 'I2Nsb3VkLWNvbmZpZwo=',
  waitCapacityMs: 0,
  ...more,
})

export const accessWish = (more: Partial<AccessInputs> = {}): AccessInputs => ({
  ...place,
  vpcId: 'vpc-default',
  ingress: ['192.0.2.1/32'],
  ...more,
})
