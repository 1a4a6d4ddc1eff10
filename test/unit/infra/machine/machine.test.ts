import { describe, expect, it } from 'vitest'
import { Ec2Refusal, type SeenMachine } from '../../../../infra/ec2-calls.js'
import { machineHandler } from '../../../../infra/machine/machine.js'
import { runRequest } from '../../../../infra/machine/run-request.js'
import { Cancelled, type Handler, type Made, PartialFailure, type Values } from '../../../../infra/provider/handler.js'
import { UNKNOWN } from '../../../../infra/provider/values.js'
import { FAILED, type Failure, type MachineInputs, type Said, SAYS } from '../../../../infra/spec.js'
import { fakeClock, type FakeClock } from '../../../fakes/clock.js'
import { caught } from '../../../fakes/climbing.js'
import { whileTimePasses } from '../../../fakes/context.js'
import {
  type FakeEc2,
  fakeEc2,
  type FakeEc2Wish,
  type FakeIntents,
  fakeIntents,
  machineWish,
  zonesOf,
} from '../../../fakes/ec2-calls.js'

const NONE_FREE = 'InsufficientInstanceCapacity'

interface Bench {
  readonly handler: Handler
  readonly ec2: FakeEc2
  readonly intents: FakeIntents
  readonly time: FakeClock
  readonly said: readonly string[]
  readonly cancel: () => void
  create(inputs?: MachineInputs): Promise<Made>
  update(id: string, inputs?: MachineInputs): Promise<Made>
  read(id: string): Promise<Made | undefined>
  delete(id: string): Promise<void>
}

function bench(wish: FakeEc2Wish = {}, intents = fakeIntents()): Bench {
  const ec2 = fakeEc2(wish)
  const time = fakeClock()
  const said: string[] = []
  const over = new AbortController()
  const call = {
    signal: over.signal,
    say: (text: string) => {
      const one = JSON.parse(text.slice(SAYS.length)) as Said
      said.push(
        'machine' in one
          ? `${one.type} ${one.machine.id}`
          : 'rung' in one
            ? `${one.type} ${one.rung.zone ?? ''}`
            : one.type,
      )
    },
  }
  const handler = machineHandler({ open: async () => ec2, intents, time })
  const timed = <T>(work: Promise<T>): Promise<T> => whileTimePasses(time, work, 1000)
  return {
    handler,
    ec2,
    intents,
    time,
    said,
    cancel: () => over.abort(),
    create: (inputs = wished) => timed(handler.create({ ...inputs }, call)),
    update: (id, inputs = wished) => timed(handler.update(id, {}, { ...inputs }, call)),
    read: (id) => handler.read(id, { ...wished }, call),
    delete: (id) => timed(handler.delete(id, { region: 'us-east-1' }, call)),
  }
}

const wished = machineWish({ rungs: zonesOf(3) })
const machineIn = ({ state }: Made): SeenMachine => state['machine'] as SeenMachine
const failureIn = (error: unknown): Failure =>
  JSON.parse(error instanceof Error ? error.message.slice(FAILED.length) : '') as Failure
const dying =
  (code: string) =>
  (machine: SeenMachine | undefined): SeenMachine | undefined =>
    machine && { ...machine, state: 'terminated', stateReason: `${code}: ${code}, says EC2` }

describe('a machine', () => {
  it('is made, and waited for until it runs', async () => {
    const lab = bench({ born: { state: 'pending' }, onRead: (machine) => machine && { ...machine, state: 'running' } })
    const made = await lab.create()
    expect(made.id).toBe('i-1')
    expect(made.state).toEqual({
      ...wished,
      machine: {
        id: 'i-1',
        instanceType: 'g6e.xlarge',
        market: 'on-demand',
        zone: 'us-east-1a',
        region: 'us-east-1',
        state: 'running',
        address: '192.0.2.7',
        launchedAt: '2026-01-01T00:00:00.000Z',
      },
    })
    expect(lab.said).toEqual(['trying us-east-1a', 'made i-1'])
  })

  it('that is there is adopted, and no request is sent', async () => {
    const lab = bench()
    await lab.create()
    const again = await lab.create()
    expect([again.id, lab.ec2.sent.length]).toEqual(['i-1', 1])
    expect(lab.said.at(-1)).toBe('adopted i-1')
  })

  it('that was asked for before a crash is asked for again as it was', async () => {
    const rung = wished.rungs[2]!
    const request = runRequest(wished, rung, 0)
    const lab = bench({}, fakeIntents({ labId: 'lab-1', region: 'us-east-1', rung, request, sentAtMs: 1 }))
    expect((await lab.create()).id).toBe('i-1')
    expect([lab.ec2.sent, lab.said]).toEqual([[request], ['adopted i-1']])
  })

  it('that ends while it starts is one more refusal', async () => {
    const lab = bench({
      born: { state: 'pending' },
      onRead: (machine) =>
        machine?.id === 'i-1'
          ? dying('Server.SpotInstanceTermination')(machine)
          : machine && { ...machine, state: 'running' },
    })
    expect((await lab.create()).id).toBe('i-2')
    expect(lab.said).toEqual(['trying us-east-1a', 'made i-1', 'refused us-east-1a', 'trying us-east-1b', 'made i-2'])
  })

  it('that ends while it starts, each time: all is told, and why', async () => {
    const lab = bench({ born: { state: 'pending' }, onRead: dying('Server.InsufficientInstanceCapacity') })
    const failure = failureIn(await caught(lab.create()))
    expect(failure.tried.map(({ code }) => code)).toEqual([NONE_FREE, NONE_FREE, NONE_FREE])
    expect(failure.message).toBe(
      'It ended while it started: Server.InsufficientInstanceCapacity: Server.InsufficientInstanceCapacity, says EC2',
    )
  })

  it('that somebody ends while it starts is not made again', async () => {
    const lab = bench({ born: { state: 'pending' }, onRead: dying('Client.UserInitiatedShutdown') })
    const failure = failureIn(await caught(lab.create()))
    expect([failure.code, lab.ec2.sent.length]).toEqual(['UserInitiatedShutdown', 1])
    expect(failure.message).toMatch(/^It ended while it started/)
  })

  it('that is adopted and ends while it starts makes way for another', async () => {
    const lab = bench({
      born: { state: 'pending' },
      onRead: (machine) => {
        if (machine?.id !== 'i-9') return machine && { ...machine, state: 'running' }
        const ended = dying('Server.SpotInstanceTermination')(machine)
        if (ended) lab.ec2.machines.set('i-9', ended)
        return ended
      },
    })
    lab.ec2.machines.set('i-9', {
      id: 'i-9',
      instanceType: 'g6e.xlarge',
      market: 'on-demand',
      zone: 'us-east-1a',
      region: 'us-east-1',
      state: 'pending',
      launchedAt: '',
    })
    expect(machineIn(await lab.create())).toMatchObject({ id: 'i-2', zone: 'us-east-1b' })
    expect(lab.said.slice(0, 2)).toEqual(['adopted i-9', 'refused us-east-1a'])
  })

  it('that nobody would give: the refusal, its permission, and all that was tried', async () => {
    const lab = bench({ onRun: () => NONE_FREE })
    const error = await caught(lab.create())
    expect(error).toBeInstanceOf(Ec2Refusal)
    expect(failureIn(error)).toEqual({
      code: NONE_FREE,
      message: `${NONE_FREE}, says the test`,
      permission: 'ec2:RunInstances',
      region: 'us-east-1',
      tried: wished.rungs.map((rung) => ({ rung, code: NONE_FREE })),
    })
  })

  it.each([
    ['is cancelled', 'Cancelled'],
    ['EC2 refuses to say', 'ExpiredToken'],
  ])('that is made and not waited for, because it %s, keeps its id', async (_, code) => {
    const lab: Bench = bench({
      born: { state: 'pending' },
      onRead: (machine) => {
        if (code !== 'Cancelled') return code
        lab.cancel()
        return machine
      },
    })
    const error = await caught(lab.create())
    expect(error).toBeInstanceOf(PartialFailure)
    expect(error).toMatchObject({ made: { id: 'i-1', state: { labId: 'lab-1', machine: { id: 'i-1' } } } })
    expect(failureIn(error).code).toBe(code)
  })

  it('that was only partly made is finished by an update, or keeps its id again', async () => {
    const lab: Bench = bench({
      born: { state: 'pending' },
      onRead: (_, index) => (index === 0 ? 'ExpiredToken' : lab.ec2.machines.get('i-1')),
    })
    await caught(lab.create())
    lab.ec2.machines.set('i-1', { ...lab.ec2.machines.get('i-1')!, state: 'running' })
    expect(machineIn(await lab.update('i-1')).state).toBe('running')
    lab.cancel()
    lab.ec2.machines.set('i-1', { ...lab.ec2.machines.get('i-1')!, state: 'pending' })
    expect(await caught(lab.update('i-1'))).toMatchObject({ made: { id: 'i-1' } })
    expect(lab.ec2.sent.length).toBe(1)
  })

  it('that is gone cannot be finished', async () => {
    const lab = bench()
    const error = await caught(lab.update('i-7'))
    expect(error).not.toBeInstanceOf(PartialFailure)
    expect(failureIn(error).message).toMatch(/the machine is gone/)
  })

  it('is not begun when it was cancelled', async () => {
    const lab = bench()
    lab.cancel()
    expect(await caught(lab.create())).toBeInstanceOf(Cancelled)
    expect(lab.ec2.sent).toEqual([])
  })
})

describe('a machine that is known', () => {
  it('is read as it is; one that has ended, or that EC2 does not know, is gone', async () => {
    const lab = bench()
    await lab.create()
    const seen = await lab.read('i-1')
    expect([seen?.id, seen && machineIn(seen).state]).toEqual(['i-1', 'running'])
    for (const state of ['shutting-down', 'terminated']) {
      lab.ec2.machines.set('i-1', { ...lab.ec2.machines.get('i-1')!, state })
      expect(await lab.read('i-1')).toBeUndefined()
    }
    expect(await lab.read('i-7')).toBeUndefined()
  })

  it('is not called gone where EC2 refuses to say', async () => {
    const lab = bench({ onRead: () => 'ExpiredToken' })
    expect(failureIn(await caught(lab.read('i-1')))).toMatchObject({ code: 'ExpiredToken' })
  })

  it('is given back when EC2 says that it has ended', async () => {
    const ends = (machine: SeenMachine | undefined, index: number): SeenMachine | undefined =>
      machine && index >= 3 ? { ...machine, state: 'terminated' } : machine
    const lab = bench({ onRead: ends })
    await lab.create()
    await lab.delete('i-1')
    expect(lab.ec2.log.slice(2)).toEqual(['terminate i-1', ...Array<string>(4).fill('machine i-1')])
    await lab.delete('i-7')
  })

  it('is not called given back while it exists', async () => {
    const lab = bench()
    await lab.create()
    expect(await caught(lab.delete('i-1'))).toMatchObject({ message: 'i-1 is still shutting-down' })
    expect(lab.time.monotonicMs()).toBeGreaterThan(900_000)
    lab.cancel()
    expect(await caught(lab.delete('i-1'))).toBeInstanceOf(Cancelled)
  })
})

describe('inputs of a machine', () => {
  const { handler } = bench()

  it('that differ: only of another lab or region it is another machine', () => {
    const none = { changes: [], replaces: [] }
    const more: Values = { imageId: 'ami-2', rungs: zonesOf(1), tags: {}, userData: '', securityGroupId: UNKNOWN }
    expect(handler.diff({ ...wished }, { ...wished, ...more })).toEqual(none)
    expect(handler.diff({ ...wished }, { ...wished, region: 'eu-west-1' })).toEqual({
      changes: ['region'],
      replaces: ['region'],
    })
  })

  it.each([
    ['rungs', []],
    ['accountId', '123'],
    ['imageId', ''],
    ['waitCapacityMs', -1],
    ['region', undefined],
  ])('%s: %j is no right value', (property, value) => {
    expect(handler.check({ ...wished, [property]: value })).toEqual([
      { property, reason: expect.stringMatching(/./) as string },
    ])
  })

  it('may be unknown before anything is made', () => {
    expect(handler.check({ ...wished })).toEqual([])
    expect(handler.check({ ...wished, rungs: UNKNOWN, securityGroupId: UNKNOWN })).toEqual([])
  })
})
