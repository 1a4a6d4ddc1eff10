/** `labos up` of a rented lab in a cloud and with a stack that are fakes. */
import type { LabSpec, MachineState, Said } from '../../infra/spec.js'
import type { OpenAws } from '../../src/cloud-ports.js'
import { LabosError } from '../../src/errors/labos-error.js'
import type { RentUpRequest } from '../../src/flow/up-rented/request.js'
import { upRented } from '../../src/flow/up-rented/up-rented.js'
import type { Stack, StackFailure } from '../../src/ports.js'
import { fakeContext, whileTimePasses, type FakeContext } from './context.js'
import { fakeClock } from './clock.js'
import { willingAws } from './facts.js'
import { ACCOUNT, cloudMachine, fakeCloud, type FakeCloud, thingsOf } from './rented.js'

const never = new AbortController().signal

export const request = (more: Partial<RentUpRequest> = {}): RentUpRequest => ({
  wish: {
    model: 'deepseek-coder-v2',
    concurrency: 1,
    regions: ['us-east-1'],
    market: 'on-demand',
    prefer: 'cost',
    check: false,
  },
  until: 'machine',
  serving: { engineArgs: [] },
  typed: { regions: false, market: false },
  name: 'one',
  agreed: true,
  keep: false,
  ingress: ['203.0.113.7/32'],
  makeNetwork: false,
  waitCapacityMs: 0,
  ...more,
})

type Up = Stack['up']

export interface World {
  readonly context: FakeContext
  readonly cloud: FakeCloud
  /** What the stack was asked for, oldest first. */
  readonly specs: LabSpec[]
  readonly refreshed: boolean[]
  up(wish?: Partial<RentUpRequest>, signal?: AbortSignal): ReturnType<typeof upRented>
}

/** A cloud without machines, and a stack that makes one there unless `makes` says otherwise. */
export function world(
  more: Partial<FakeContext> = {},
  makes: (spec: LabSpec, cloud: FakeCloud, say: (said: Said) => void) => StackFailure | undefined = () => undefined,
): World {
  const clock = fakeClock()
  const cloud = fakeCloud(clock)
  cloud.machines = []
  cloud.things = []
  const specs: LabSpec[] = []
  const refreshed: boolean[] = []
  const aws: OpenAws = async (region) => {
    const { holdings, ec2, access } = await cloud.aws(region)
    const identity = async () => ({ accountId: ACCOUNT, arn: 'arn:aws:iam::1:user/me' })
    return { ...willingAws({}, { identity }), holdings, ec2, access }
  }
  const up: Up = async ({ spec, refresh, say }) => {
    const made = await spec
    specs.push(made)
    refreshed.push(refresh)
    const failed = makes(made, cloud, say)
    if (failed) return { failed }
    const machine = makeMachine(made, cloud)
    say({ type: 'made', machine })
    return { machine }
  }
  const stack: Stack = { ready: async () => undefined, up, settle: async () => ({}), forget: async () => undefined }
  const context = Object.assign(fakeContext({ aws, stack, ...more }), { clock })
  return {
    context,
    cloud,
    specs,
    refreshed,
    up: (wish = {}, signal = never) => whileTimePasses(clock, upRented(request(wish), context, signal), 1000),
  }
}

export function makeMachine({ machine, access }: LabSpec, cloud: FakeCloud): MachineState {
  const [rung] = machine.rungs
  const place = { zone: rung?.zone ?? '', region: machine.region, instanceType: rung?.instanceType ?? '' }
  const made = cloudMachine({ ...place, tags: { ...machine.tags } })
  cloud.machines = [made]
  cloud.things = thingsOf('1', { ...access.tags }, machine.region)
  cloud.ingress = [...access.ingress]
  const { tags: _tags, ...state } = made
  return state
}

export const failure = (code: string, more: Partial<StackFailure> = {}): StackFailure => ({
  code,
  message: `${code}, it said`,
  region: 'us-east-1',
  permission: 'ec2:RunInstances',
  tried: [],
  logs: '/logs',
  ...more,
})

export const errorOf = async (work: Promise<unknown>): Promise<LabosError> => {
  const error: unknown = await work.then(
    () => new Error('it did not fail'),
    (reason: unknown) => reason,
  )
  if (error instanceof LabosError) return error
  throw error
}
