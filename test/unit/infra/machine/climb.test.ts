import { describe, expect, it } from 'vitest'
import { climb, type Found, newProgress } from '../../../../infra/machine/climb.js'
import { Cancelled } from '../../../../infra/provider/handler.js'
import type { MachineInputs } from '../../../../infra/spec.js'
import { caught, type Climb, climbing, codesOf } from '../../../fakes/climbing.js'
import { whileTimePasses } from '../../../fakes/context.js'
import { fakeIntents, machineWish, zonesOf } from '../../../fakes/ec2-calls.js'

const NONE_FREE = 'InsufficientInstanceCapacity'
const MINUTE_MS = 60_000

const start = (inputs: MachineInputs, deps: Climb): Promise<Found> =>
  climb(inputs, newProgress(deps.time.now() + inputs.waitCapacityMs), deps)

const ladder = (count: number, waitCapacityMs = 0): MachineInputs =>
  machineWish({ rungs: zonesOf(count), waitCapacityMs })
const tokens = ({ ec2 }: Climb): string[] => ec2.sent.map(({ ClientToken }) => ClientToken)
/** Refuses the first so many requests with that code. */
const first = (count: number, code: string) => (_: unknown, index: number) => (index < count ? code : 'made')

describe('a climb', () => {
  it('keeps each request before it is sent, and its answer after', async () => {
    const intents = fakeIntents()
    const openAtRun: boolean[] = []
    const deps = climbing(
      {
        onRun: (request, index) => {
          const last = intents.kept.at(-1)
          openAtRun.push(last?.request === request && last.answer === undefined)
          return index === 0 ? NONE_FREE : 'made'
        },
      },
      intents,
    )
    const { machine, rung } = await start(ladder(3), deps)
    expect([machine.zone, rung.zone]).toEqual(['us-east-1b', 'us-east-1b'])
    expect(openAtRun).toEqual([true, true])
    expect(intents.kept.map(({ answer }) => answer)).toEqual([
      undefined,
      { code: NONE_FREE },
      undefined,
      { id: machine.id },
    ])
    expect(deps.said.map(({ type }) => type)).toEqual(['trying', 'refused', 'trying'])
  })

  it('asks once for each of 40 rungs that are refused, and waits for nothing', async () => {
    const deps = climbing({ onRun: () => NONE_FREE })
    const error = await caught(start(ladder(40), deps))
    expect(codesOf(error)).toEqual(Array(40).fill(NONE_FREE))
    expect(deps.ec2.sent.length).toBe(40)
    expect(new Set(tokens(deps)).size).toBe(40)
    expect([deps.time.monotonicMs(), deps.time.sleepers]).toEqual([0, 0])
  })

  it.each(['lost', 'NoAnswer', 'InternalError'])('asks again with the same token: %s', async (outcome) => {
    const deps = climbing({ onRun: first(1, outcome) })
    const { machine } = await whileTimePasses(deps.time, start(ladder(2), deps))
    expect(new Set(tokens(deps)).size).toBe(1)
    expect([deps.ec2.sent.length, deps.ec2.machines.size]).toEqual([2, 1])
    expect(deps.intents.kept.at(-1)?.answer).toEqual({ id: machine.id })
  })

  it.each(['NoAnswer', 'InternalError', 'Unavailable'])(
    'after four of %s leaves it open, and asks no other',
    async (code) => {
      const deps = climbing({ onRun: () => code })
      const error = await whileTimePasses(deps.time, caught(start(ladder(3), deps)))
      expect(codesOf(error)).toEqual([code])
      expect([deps.ec2.sent.length, new Set(tokens(deps)).size]).toEqual([4, 1])
      expect(deps.intents.kept.at(-1)?.answer).toBeUndefined()
    },
  )

  it('waits for AWS to be less busy, eight times', async () => {
    const deps = climbing({ onRun: () => 'RequestLimitExceeded' })
    const error = await whileTimePasses(deps.time, caught(start(ladder(3), deps)), 1000)
    expect(codesOf(error)).toEqual(['RequestLimitExceeded'])
    expect(deps.ec2.sent.length).toBe(8)
    expect(deps.intents.kept.at(-1)?.answer).toEqual({ code: 'RequestLimitExceeded' })
    expect(deps.time.monotonicMs()).toBeGreaterThanOrEqual(60_000)
  })

  it.each(['ExpiredToken', 'UnauthorizedOperation', 'InvalidGroup.NotFound'])(
    'knows that %s says nothing of a request that was lost before',
    async (code) => {
      const deps = climbing({ onRun: (_, index) => (index === 0 ? 'lost' : code) })
      const error = await whileTimePasses(deps.time, caught(start(ladder(3), deps)))
      expect(codesOf(error)).toEqual([code])
      expect(new Set(tokens(deps)).size).toBe(1)
      expect(deps.intents.kept.at(-1)?.answer).toBeUndefined()
    },
  )

  it('knows that want of machines says that a lost request was not carried out', async () => {
    const deps = climbing({ onRun: (_, index) => ['NoAnswer', NONE_FREE][index] ?? 'made' })
    const { rung } = await whileTimePasses(deps.time, start(ladder(3), deps))
    expect(rung.zone).toBe('us-east-1b')
    expect(deps.ec2.machines.size).toBe(1)
  })
})

describe('a wait for capacity', () => {
  it('tries again what was refused for capacity, and nothing else, until the time is over', async () => {
    const inputs = machineWish({
      rungs: [...zonesOf(2), ...zonesOf(2, { instanceType: 'g6.xlarge' })],
      waitCapacityMs: 7 * MINUTE_MS,
    })
    const deps = climbing({
      onRun: ({ InstanceType }) => (InstanceType === 'g6.xlarge' ? 'VcpuLimitExceeded' : NONE_FREE),
    })
    const error = await whileTimePasses(deps.time, caught(start(inputs, deps)), 1000)
    // Sweeps at 0, 3, 6 and 7 minutes.
    expect(deps.ec2.sent.filter(({ InstanceType }) => InstanceType === 'g6e.xlarge').length).toBe(8)
    expect(deps.ec2.sent.filter(({ InstanceType }) => InstanceType === 'g6.xlarge').length).toBe(1)
    expect(deps.said.filter(({ type }) => type === 'waiting')).toEqual([
      { type: 'waiting', waitMs: 3 * MINUTE_MS },
      { type: 'waiting', waitMs: 3 * MINUTE_MS },
      { type: 'waiting', waitMs: MINUTE_MS },
    ])
    expect(error).toMatchObject({ refusal: { code: 'VcpuLimitExceeded' } })
    expect(codesOf(error).length).toBe(9)
  })

  it('ends with the first machine', async () => {
    const deps = climbing({ onRun: first(4, NONE_FREE) })
    const { rung } = await whileTimePasses(deps.time, start(ladder(2, 60 * MINUTE_MS), deps), 1000)
    expect(rung.zone).toBe('us-east-1a')
    expect(deps.ec2.machines.size).toBe(1)
  })

  it('is not made for a refusal that time does not mend', async () => {
    const deps = climbing({ onRun: () => 'VcpuLimitExceeded' })
    expect(codesOf(await caught(start(ladder(2, 60 * MINUTE_MS), deps)))).toEqual(['VcpuLimitExceeded'])
    expect(deps.time.monotonicMs()).toBe(0)
  })

  it('ends when it is cancelled, without another request', async () => {
    const deps = climbing({ onRun: () => NONE_FREE })
    const outcome = caught(start(ladder(2, 60 * MINUTE_MS), deps))
    await deps.time.advance(MINUTE_MS)
    deps.cancel()
    expect(await outcome).toBeInstanceOf(Cancelled)
    expect([deps.ec2.sent.length, deps.time.sleepers]).toEqual([2, 0])
  })
})

describe('a cancel', () => {
  it('before a request sends none', async () => {
    const deps = climbing()
    deps.cancel()
    expect(await caught(start(ladder(2), deps))).toBeInstanceOf(Cancelled)
    expect([deps.ec2.sent, deps.intents.kept]).toEqual([[], []])
  })

  it('during a request waits for its answer, and keeps the machine', async () => {
    const deps: Climb = climbing({
      onRun: () => {
        deps.cancel()
        return 'made'
      },
    })
    expect((await start(ladder(2), deps)).machine.id).toBe('i-1')
  })

  it('after a refusal is the last', async () => {
    const deps: Climb = climbing({
      onRun: () => {
        deps.cancel()
        return NONE_FREE
      },
    })
    expect(await caught(start(ladder(2), deps))).toBeInstanceOf(Cancelled)
    expect(deps.ec2.sent.length).toBe(1)
  })

  it('while AWS is busy sends nothing more', async () => {
    const deps = climbing({ onRun: () => 'RequestLimitExceeded' })
    const outcome = caught(start(ladder(2), deps))
    await deps.time.advance(0)
    deps.cancel()
    expect(await outcome).toBeInstanceOf(Cancelled)
    expect(deps.ec2.sent.length).toBe(1)
  })

  it('while an answer is missing asks once more, to know', async () => {
    const deps = climbing({ onRun: first(1, 'lost') })
    const outcome = start(ladder(2), deps)
    await deps.time.advance(0)
    deps.cancel()
    expect((await outcome).machine.id).toBe('i-1')
    expect(deps.ec2.machines.size).toBe(1)
  })
})
