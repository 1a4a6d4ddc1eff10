/** A rented lab: its record, and the cloud that holds what it says. */
import type {
  Access,
  AwsRegion,
  CloudMachine,
  Holding,
  Holdings,
  MachineState,
  OpenAws,
} from '../../src/cloud-ports.js'
import { LabosError } from '../../src/errors/labos-error.js'
import type { RentedLab } from '../../src/state/record.js'
import { saveLab } from '../../src/state/store.js'
import type { Paths } from '../../src/state/paths.js'
import type { FakeClock } from './clock.js'
import { fakeAws } from './aws.js'

/** Who runs labos in a fake context. */
export const OWNER = 'ada@lab'
export const ACCOUNT = '111122223333'

/** Made at 00:00 of 2026-01-01, when the fake clock begins; ends itself at 04:00. $1.86 + $0.02 an hour. */
export const rentedLab = (more: Partial<RentedLab> = {}): RentedLab => ({
  version: 1,
  id: 'lab-00000000aa',
  name: 'one',
  createdAt: '2026-01-01T00:00:00.000Z',
  plan: {
    provider: 'aws',
    model: {
      id: 'deepseek-coder-v2',
      title: 'DeepSeek-Coder-V2-Lite-Instruct (16B)',
      repo: 'deepseek-ai/DeepSeek-Coder-V2-Lite-Instruct',
      revision: null,
      precision: 'bf16',
      weightsBytes: 31_413_639_424,
      servedNames: ['deepseek-coder-v2'],
    },
    offers: [
      {
        instanceType: 'g6e.xlarge',
        region: 'us-east-1',
        market: 'on-demand',
        gpu: 'L40S',
        gpuCount: 1,
        vcpus: 4,
        contextTokens: 65_536,
        maxSequences: 8,
        usdPerHour: 1.86,
        besidesUsdPerHour: 0.02,
        deadlineMs: 4 * 3_600_000,
        diskGB: 120,
        diskThroughputMBps: 125,
        weightsOnLocalDisk: true,
      },
    ],
    lease: { ttlMs: 4 * 3_600_000 },
    notes: [],
  },
  stepsDone: ['plan', 'machine'],
  accountId: ACCOUNT,
  owner: OWNER,
  regions: ['us-east-1'],
  machine: {
    id: 'i-1',
    region: 'us-east-1',
    zone: 'us-east-1a',
    instanceType: 'g6e.xlarge',
    market: 'on-demand',
    state: 'running',
    address: '198.51.100.7',
    launchedAt: '2026-01-01T00:00:00.000Z',
    askedAt: '2026-01-01T00:00:30.000Z',
  },
  expiresAt: '2026-01-01T04:00:00.000Z',
  billed: [{ at: '2026-01-01T00:00:00.000Z', what: 'running' }],
  ...more,
})

export async function saveRentedLab(paths: Paths, more: Partial<RentedLab> = {}): Promise<RentedLab> {
  const record = rentedLab(more)
  await saveLab(paths, record)
  return record
}

export const refusal = (code: LabosError['code'], message: string): LabosError =>
  new LabosError(code, message, { suggestions: ['Do something about it.'] })
export const expired = (): LabosError => refusal('aws.credentials', 'The AWS session has expired (ExpiredToken).')

export const cloudMachine = (more: Partial<CloudMachine> = {}): CloudMachine => ({
  id: 'i-1',
  region: 'us-east-1',
  zone: 'us-east-1a',
  instanceType: 'g6e.xlarge',
  market: 'on-demand',
  state: 'running',
  address: '198.51.100.7',
  launchedAt: '2026-01-01T00:00:00.000Z',
  tags: tagsOf(),
  ...more,
})

export const tagsOf = (more: Readonly<Record<string, string>> = {}): Record<string, string> => ({
  'labos:lab': 'lab-00000000aa',
  'labos:name': 'one',
  'labos:owner': OWNER,
  'labos:model': 'deepseek-coder-v2',
  'labos:expires-at': '2026-01-01T04:00:00.000Z',
  ...more,
})

/** A disk of 120 GB and a group, as a lab has. */
export const thingsOf = (suffix: string, tags = tagsOf(), region = 'us-east-1'): Holding[] => [
  {
    kind: 'volume',
    id: `vol-${suffix}`,
    region,
    tags,
    state: 'in-use',
    createdAt: '2026-01-01T00:00:00.000Z',
    sizeGB: 120,
  },
  { kind: 'security-group', id: `sg-${suffix}`, region, tags },
]

export interface FakeCloud {
  readonly aws: OpenAws
  /** What was asked that changes something, with its time in seconds: `terminate i-1 @0`. */
  readonly changes: readonly string[]
  /** How often each question was asked: `list us-east-1`. */
  readonly asked: Map<string, number>
  machines: CloudMachine[]
  things: Holding[]
  /** Who reaches port 22 by the lab's group. */
  ingress: string[]
  /** From `shutting-down` to `terminated`, and so on. */
  movingMs: number
  /** For so long what is removed is still listed. */
  lateMs: number
  /** How far the computer's clock is ahead of AWS's. */
  aheadMs: number
  /** Called after a start. */
  then: () => void
  /** Makes the next calls of that name fail: `terminate`, `list eu-west-1`. */
  fail(call: string, error: LabosError, times?: number): void
}

/** Machines take time to change, a group is in use while a machine is there, a disk goes with its machine. */
export function fakeCloud(clock: FakeClock, regions: readonly AwsRegion[] = REGIONS): FakeCloud {
  const moving = new Map<string, { readonly to: MachineState; readonly atMs: number }>()
  const removed = new Map<string, number>()
  const failures = new Map<string, LabosError[]>()
  const changes: string[] = []
  const cloud: FakeCloud = {
    aws: async (region) =>
      fakeAws({
        holdings: holdingsIn(region),
        access: accessIn(region),
        ec2: { regions: async () => (meet('regions'), regions) },
        account: {
          identity: async () => {
            meet('identity')
            return { accountId: ACCOUNT, arn: 'arn:aws:iam::1:user/me', serverMs: clock.now() - cloud.aheadMs }
          },
        },
      }),
    changes,
    asked: new Map(),
    machines: [cloudMachine()],
    things: thingsOf('1'),
    ingress: ['203.0.113.7/32'],
    movingMs: 10_000,
    lateMs: 0,
    aheadMs: 0,
    then: () => undefined,
    fail: (call, error, times = Infinity) =>
      failures.set(
        call,
        Array.from({ length: Math.min(times, 1000) }, () => error),
      ),
  }
  const meet = (...calls: string[]): void => {
    for (const call of calls) {
      cloud.asked.set(call, (cloud.asked.get(call) ?? 0) + 1)
      const failure = failures.get(call)?.shift()
      if (failure) throw failure
    }
  }
  const settle = (): void => {
    const isListed = ({ id }: Holding): boolean => clock.monotonicMs() < (removed.get(id) ?? Infinity) + cloud.lateMs
    cloud.things = cloud.things.filter(isListed)
    for (const [id, { to, atMs }] of moving) {
      if (clock.monotonicMs() < atMs) continue
      moving.delete(id)
      cloud.machines = cloud.machines.map((each) => (each.id === id ? inState(each, to) : each))
      if (to !== 'terminated') continue
      cloud.things = cloud.things.filter((each) => each.id !== `vol-${id.slice(2)}`)
    }
  }
  const move = (id: string, via: MachineState, to: MachineState): void => {
    cloud.machines = cloud.machines.map((each) => (each.id === id ? inState(each, via) : each))
    moving.set(id, { to, atMs: clock.monotonicMs() + cloud.movingMs })
  }
  const changed = (call: string, id: string): void => {
    meet(call)
    changes.push(`${call} ${id} @${String(clock.monotonicMs() / 1000)}`)
    settle()
  }
  const labOf = ({ tags }: { readonly tags: Readonly<Record<string, string>> }): string | undefined => tags['labos:lab']
  const isUsed = (thing: Holding): boolean =>
    thing.kind === 'security-group' &&
    cloud.machines.some((machine) => labOf(machine) === labOf(thing) && machine.state !== 'terminated')
  const holdingsIn = (region: string): Holdings => ({
    list: async (labId) => {
      meet('list', `list ${region}`)
      settle()
      const machines = cloud.machines.filter(({ state }) => state !== 'terminated').map(asHolding)
      return [...machines, ...cloud.things].filter(
        (each) => each.region === region && labOf(each) !== undefined && (labId ?? labOf(each)) === labOf(each),
      )
    },
    machine: async (id) => {
      meet('machine')
      settle()
      return cloud.machines.find((each) => each.id === id && each.region === region)
    },
    terminate: async (id) => {
      changed('terminate', id)
      if (cloud.machines.some((each) => each.id === id)) move(id, 'shutting-down', 'terminated')
    },
    stop: async (id) => {
      changed('stop', id)
      move(id, 'stopping', 'stopped')
    },
    start: async (id) => {
      changed('start', id)
      move(id, 'pending', 'running')
      cloud.then()
    },
    remove: async ({ id }) => {
      changed('remove', id)
      const thing = cloud.things.find((each) => each.id === id)
      if (thing && isUsed(thing)) return 'in-use'
      if (!removed.has(id)) removed.set(id, clock.monotonicMs())
      settle()
      return 'removed'
    },
    tag: async (id, tags) => {
      changed('tag', `${id} ${JSON.stringify(tags)}`)
      cloud.machines = cloud.machines.map((each) =>
        each.id === id ? { ...each, tags: { ...each.tags, ...tags } } : each,
      )
    },
  })
  const accessIn = (region: string): Access => ({
    groups: async (labId) => {
      meet('groups')
      const groups = cloud.things.filter((each) => each.kind === 'security-group' && each.region === region)
      return groups.filter((each) => labOf(each) === labId).map(({ id }) => ({ id, ingress: cloud.ingress }))
    },
    allow: async (id, cidr) => {
      changed('allow', `${id} ${cidr}`)
      cloud.ingress = [...new Set([...cloud.ingress, cidr])]
    },
    disallow: async (id, cidr) => {
      changed('disallow', `${id} ${cidr}`)
      cloud.ingress = cloud.ingress.filter((each) => each !== cidr)
    },
  })
  return cloud
}

const REGIONS: readonly AwsRegion[] = [
  { name: 'eu-west-1', isEnabled: true },
  { name: 'me-south-1', isEnabled: false },
  { name: 'us-east-1', isEnabled: true },
]

function inState(machine: CloudMachine, state: MachineState): CloudMachine {
  const { address: _address, ...rest } = machine
  return { ...rest, state, ...(state === 'running' ? { address: '198.51.100.8' } : {}) }
}

const asHolding = (machine: CloudMachine): Holding => ({
  kind: 'machine',
  id: machine.id,
  region: machine.region,
  tags: machine.tags,
  state: machine.state,
  createdAt: machine.launchedAt,
  machine,
})
