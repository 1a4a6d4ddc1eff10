import { describe, expect, it } from 'vitest'
import { destroyLab, type Destroyed, type DestroyWish } from '../../../src/teardown/destroy-lab.js'
import { poll } from '../../../src/teardown/poll.js'
import type { LabosEvent } from '../../../src/ui/events.js'
import { fakeClock, type FakeClock } from '../../fakes/clock.js'
import { whileTimePasses } from '../../fakes/context.js'
import { cloudMachine, expired, fakeCloud, type FakeCloud, refusal, tagsOf, thingsOf } from '../../fakes/rented.js'

const never = new AbortController().signal

interface World {
  readonly clock: FakeClock
  readonly cloud: FakeCloud
  readonly events: LabosEvent[]
  destroy(more?: Partial<DestroyWish>, signal?: AbortSignal): Promise<Destroyed>
}

function world(): World {
  const clock = fakeClock()
  const cloud = fakeCloud(clock)
  const events: LabosEvent[] = []
  const deps = { aws: cloud.aws, clock, emit: (event: LabosEvent) => void events.push(event), price: () => 1.86 }
  return {
    clock,
    cloud,
    events,
    destroy: (more = {}, signal = never) =>
      whileTimePasses(
        clock,
        destroyLab({ labId: 'lab-00000000aa', regions: ['us-east-1'], ...more }, deps, signal),
        500,
      ),
  }
}

const ids = (holdings: readonly { readonly id: string }[]): string[] => holdings.map(({ id }) => id).sort()

describe('a lab that is destroyed', () => {
  it('ends its machine, waits until EC2 says so, removes the rest, and searches again', async () => {
    const { cloud, destroy, events, clock } = world()
    const { removed, left, unknown } = await destroy()
    expect({ left, unknown }).toEqual({ left: [], unknown: [] })
    expect(ids(removed)).toEqual(['i-1', 'sg-1', 'vol-1'])
    expect(cloud.changes.map((change) => change.split(' @')[0])).toEqual(['terminate i-1', 'remove sg-1'])
    expect(clock.monotonicMs()).toBeGreaterThanOrEqual(10_000)
    expect(clock.monotonicMs()).toBeLessThan(17_000)
    expect(events).toEqual([{ type: 'note', step: 'teardown', text: 'waiting until EC2 says that i-1 has ended' }])
  })

  it('touches nothing of another lab', async () => {
    const { cloud, destroy } = world()
    const tags = tagsOf({ 'labos:lab': 'lab-other' })
    cloud.machines.push(cloudMachine({ id: 'i-2', tags }))
    cloud.things.push(...thingsOf('2', tags))
    await destroy()
    expect(ids(cloud.things)).toEqual(['sg-2', 'vol-2'])
    expect(cloud.machines.find(({ id }) => id === 'i-2')?.state).toBe('running')
  })

  it('is looked for in all its regions, each by itself', async () => {
    const { cloud, destroy } = world()
    cloud.things.push(...thingsOf('9', tagsOf(), 'eu-west-1'))
    cloud.fail('list eu-west-1', refusal('aws.region', 'eu-west-1 is not enabled.'))
    const { removed, unknown } = await destroy({ regions: ['us-east-1', 'eu-west-1', 'us-east-1'] })
    expect(ids(removed)).toEqual(['i-1', 'sg-1', 'vol-1'])
    expect(unknown).toMatchObject([{ region: 'eu-west-1', error: { code: 'aws.region' } }])
  })

  it('that is gone already asks nothing of anybody', async () => {
    const { cloud, destroy, clock } = world()
    cloud.machines = []
    cloud.things = []
    expect(await destroy()).toEqual({ removed: [], left: [], unknown: [] })
    expect([cloud.changes, clock.monotonicMs()]).toEqual([[], 500])
    expect(cloud.asked.get('list')).toBe(1)
  })

  it('waits for a group that something holds on to', async () => {
    const { cloud, destroy, events, clock } = world()
    const holder = cloudMachine({ id: 'i-9', region: 'elsewhere', state: 'running' })
    cloud.machines = [holder] // of the same lab, where nobody looks: its group here stays in use
    void clock.sleep(20_000).then(() => (cloud.machines = []))
    expect(await destroy()).toMatchObject({ left: [], unknown: [] })
    expect(cloud.changes.filter((change) => change.startsWith('remove sg-1')).length).toBeGreaterThan(3)
    expect(events[0]).toEqual({ type: 'note', step: 'teardown', text: 'in use still: sg-1' })
  })

  it('looks at once after each change, and leaves AWS time where it lists for a while what is gone', async () => {
    const { cloud, destroy } = world()
    cloud.movingMs = 0
    cloud.lateMs = 6000
    expect(await destroy()).toMatchObject({ left: [], unknown: [] })
    const seconds = cloud.changes.map((change) => Number(change.split('@')[1]))
    expect(seconds[1]).toBe(seconds[0]) // the group as soon as the machine has ended
    expect(cloud.changes.length).toBeLessThan(12)
  })

  it('that does not end within fifteen minutes is left, with its price', async () => {
    const { cloud, destroy, clock } = world()
    cloud.movingMs = Infinity
    const { left, removed } = await destroy()
    expect(removed).toEqual([])
    expect(left.map(({ id, state, usdPerHour }) => [id, state, usdPerHour?.toFixed(3)])).toEqual([
      ['i-1', 'shutting-down', '0.000'],
      ['vol-1', 'in-use', '0.013'],
      ['sg-1', undefined, '0.000'],
    ])
    expect(clock.monotonicMs()).toBeGreaterThanOrEqual(15 * 60_000)
    expect(clock.monotonicMs()).toBeLessThan(17 * 60_000)
  })

  it('is told to end and not waited for, where that was wished', async () => {
    const { cloud, destroy, clock } = world()
    const { left } = await destroy({ noWait: true })
    expect(left.map(({ id, state }) => [id, state])).toEqual([
      ['i-1', 'shutting-down'],
      ['vol-1', 'in-use'],
      ['sg-1', undefined],
    ])
    expect([cloud.changes, clock.monotonicMs()]).toEqual([['terminate i-1 @0'], 500])
  })

  it('has the machine that its record names ended, though its tags are gone', async () => {
    const { cloud, destroy } = world()
    cloud.machines = [cloudMachine({ tags: {} })]
    cloud.things = []
    expect(ids((await destroy({ machine: { id: 'i-1', region: 'us-east-1' } })).removed)).toEqual(['i-1'])
    expect(cloud.machines[0]?.state).toBe('terminated')
  })
})

describe('a lab that is destroyed, in trouble', () => {
  it('is left with its price when credentials expire before the machine was told', async () => {
    const { cloud, destroy } = world()
    cloud.fail('terminate', expired())
    const { left, unknown } = await destroy()
    expect(left[0]).toMatchObject({ id: 'i-1', state: 'running', usdPerHour: 1.865 })
    expect(unknown).toMatchObject([{ error: { code: 'aws.credentials' } }])
  })

  it('is left as ending when they expire after it', async () => {
    const { cloud, destroy } = world()
    cloud.fail('machine', expired())
    const { left, unknown } = await destroy()
    expect(left[0]).toMatchObject({ id: 'i-1', state: 'shutting-down', usdPerHour: 0 })
    expect(unknown).toMatchObject([{ error: { code: 'aws.credentials' } }])
  })

  it('ends all other machines when one is protected', async () => {
    const { cloud, destroy } = world()
    cloud.machines.push(cloudMachine({ id: 'i-2' }))
    cloud.fail('terminate', refusal('machine.state', 'i-1 is protected.'), 1)
    const { left, unknown } = await destroy()
    expect(cloud.machines.map(({ id, state }) => [id, state])).toEqual([
      ['i-1', 'running'],
      ['i-2', 'terminated'],
    ])
    expect(ids(left)).toContain('i-1')
    expect(unknown).toMatchObject([{ error: { code: 'machine.state' } }])
  })

  it('says which things are left when the removal of one is refused', async () => {
    const { cloud, destroy } = world()
    cloud.machines = []
    cloud.things = [...thingsOf('1'), ...thingsOf('2')]
    cloud.fail('remove', refusal('aws.refused', 'AWS refuses ec2:DeleteVolume.'), 1)
    const { left, removed, unknown } = await destroy()
    expect([ids(left), ids(removed), unknown.length]).toEqual([['vol-1'], ['sg-1', 'sg-2', 'vol-2'], 1])
  })

  it('goes on after a connection that was away for a while, once AWS has answered', async () => {
    const { cloud, destroy, events } = world()
    cloud.fail('machine', refusal('aws.unreachable', 'AWS does not answer.'), 4)
    expect(await destroy()).toMatchObject({ left: [], unknown: [] })
    expect(events.filter(({ type }) => type === 'retry').length).toBe(4)
  })

  it('gives up at once where AWS never answered, and after a while where it does not come back', async () => {
    const away = refusal('aws.unreachable', 'AWS does not answer.')
    const first = world()
    first.cloud.fail('list', away)
    expect(await first.destroy()).toMatchObject({ removed: [], left: [], unknown: [{ error: away }] })
    expect(first.clock.monotonicMs()).toBeLessThan(1000)
    const second = world()
    void second.clock.sleep(3000).then(() => ['list', 'machine'].forEach((call) => second.cloud.fail(call, away)))
    expect((await second.destroy()).unknown.length).toBe(1)
    expect(second.clock.monotonicMs()).toBeLessThan(60_000)
  })

  it('goes on looking while a machine may still appear, and ends the one that does', async () => {
    const { cloud, destroy, clock, events } = world()
    cloud.machines = []
    cloud.things = []
    void clock.sleep(20_000).then(() => cloud.machines.push(cloudMachine()))
    const { removed } = await destroy({ settleUntilMs: clock.now() + 60_000 })
    expect(ids(removed)).toEqual(['i-1'])
    expect(clock.monotonicMs()).toBeLessThan(60_000) // a lab has one: no other is waited for
    expect(events[0]).toMatchObject({ text: expect.stringContaining('until 00:01:00 UTC') as string })
  })

  it('tells the machine that the record names to end even where nothing may be listed', async () => {
    const { cloud, destroy, events } = world()
    cloud.fail('list', refusal('aws.refused', 'AWS refuses ec2:DescribeVolumes.'))
    const { unknown } = await destroy({ machine: { id: 'i-1', region: 'us-east-1' } })
    expect(unknown).toMatchObject([{ error: { code: 'aws.refused' } }])
    expect(cloud.machines[0]?.state).toBe('shutting-down')
    expect(events.at(-1)).toMatchObject({ text: 'i-1 was told to end; that it has is not proven' })
  })

  it('stops with the reason of the signal', async () => {
    const { destroy, clock } = world()
    const stop = new AbortController()
    void clock.sleep(3000).then(() => stop.abort(new Error('enough')))
    await expect(destroy({}, stop.signal)).rejects.toThrow('enough')
  })
})

describe('poll', () => {
  it('looks at once, then less and less often, and one last time when the time is over', async () => {
    const clock = fakeClock()
    const looks: number[] = []
    const look = async (): Promise<undefined> => void looks.push(clock.monotonicMs())
    expect(await whileTimePasses(clock, poll({ limitMs: 10_000 }, clock, never, look))).toBeUndefined()
    expect([looks[0], looks.at(-1)]).toEqual([0, 10_000])
    expect(looks.length).toBeLessThan(30)
    const pauses = looks.slice(1).map((at, index) => [at - (looks[index] ?? 0), looks[index] ?? 0] as const)
    for (const [pauseMs, passedMs] of pauses) expect(pauseMs).toBeLessThanOrEqual(Math.max(100, passedMs / 6) + 1e-6)
  })
})
