/** stop, start and extend of a rented lab. */
import { beforeEach, describe, expect, it } from 'vitest'
import { extendedScreen, startedScreen, stoppedScreen } from '../../../src/cli/rented-screens.js'
import { extend } from '../../../src/flow/extend.js'
import { start } from '../../../src/flow/start.js'
import { stop } from '../../../src/flow/stop.js'
import { readRentedLab } from '../../../src/state/read.js'
import type { RentedLab } from '../../../src/state/record.js'
import { saveLab } from '../../../src/state/store.js'
import { fakeContext, saveSomeLab, whileItWaits, type FakeContext } from '../../fakes/context.js'
import {
  cloudMachine,
  expired,
  fakeCloud,
  type FakeCloud,
  refusal,
  rentedLab,
  saveRentedLab,
} from '../../fakes/rented.js'
import { plannedServing } from '../../fakes/served.js'

const never = new AbortController().signal
const HOUR_MS = 3_600_000
let context: FakeContext
let cloud: FakeCloud

/** An hour after the lab was made. */
beforeEach(async () => {
  const base = fakeContext()
  cloud = fakeCloud(base.clock)
  context = { ...base, aws: cloud.aws }
  await context.clock.advance(HOUR_MS)
  await saveRentedLab(context.paths)
})

const record = (): RentedLab => readRentedLab(context.paths, 'one') ?? rentedLab()
const stopIt = (): ReturnType<typeof stop> => whileItWaits(context.clock, stop('one', context, never))
const startIt = (ttlMs?: number): ReturnType<typeof start> =>
  whileItWaits(
    context.clock,
    start({ name: 'one', isWaiting: true, agreed: false, ...(ttlMs === undefined ? {} : { ttlMs }) }, context, never),
  )
const extendIt = (byMs = HOUR_MS): ReturnType<typeof extend> => extend({ name: 'one', byMs }, context, never)

describe('stop', () => {
  it('says that weights on the machine’s own disk are lost', async () => {
    await saveRentedLab(context.paths, { plan: { ...record().plan, serving: plannedServing } })
    expect(stoppedScreen(await stopIt()).replaceAll('\n', ' ')).toMatch(
      /NVMe disk is gone, engine and weights with it\.$/,
    )
  })

  it('keeps the disk, says what that costs, and is over when EC2 says so', async () => {
    const stopped = await stopIt()
    expect(stoppedScreen(stopped)).toMatchInlineSnapshot(`
      "one is stopped. Its disk of 120 GB is kept, $0.36 a day, until \`labos start one\`
      or \`labos down one\`; nothing ends it by itself."
    `)
    expect(cloud.machines[0]?.state).toBe('stopped')
    expect(record()).toMatchObject({
      machine: { state: 'stopped' },
      billed: [{ what: 'running' }, { at: '2026-01-01T01:00:00.000Z', what: 'stopped' }],
    })
    expect(record().machine?.address).toBeUndefined()
  })

  it('a second time says that it is stopped already', async () => {
    await stopIt()
    expect(await stopIt()).toMatchObject({ outcome: 'already-stopped' })
    expect(cloud.changes.length).toBe(1)
  })

  it('waits for a machine that is just starting', async () => {
    cloud.machines = [cloudMachine({ state: 'pending' })]
    void context.clock.sleep(5000).then(() => (cloud.machines = [cloudMachine()]))
    expect(await stopIt()).toMatchObject({ outcome: 'stopped' })
  })

  it('of a spot machine is refused before anything is asked for', async () => {
    cloud.machines = [cloudMachine({ market: 'spot' })]
    await expect(stopIt()).rejects.toMatchObject({
      code: 'machine.state',
      message: 'i-1 is a spot machine: AWS ends such machines, but does not stop them.',
      aftermath: 'It runs on as before.',
    })
    expect(cloud.changes).toEqual([])
  })

  it('that EC2 refuses changes nothing in the record', async () => {
    cloud.fail('stop', refusal('machine.state', 'The machine is protected.'))
    await expect(stopIt()).rejects.toMatchObject({ code: 'machine.state' })
    expect(record().billed.length).toBe(1)
  })

  it('says so when it does not come to its end', async () => {
    cloud.movingMs = Infinity
    await expect(stopIt()).rejects.toMatchObject({
      code: 'machine.failed',
      message: 'i-1 is stopping still after 15 minutes.',
    })
  })

  it.each([
    [[], 'EC2 knows no i-1 any more'],
    [
      [cloudMachine({ state: 'terminated', stateReason: 'Server.SpotInstanceTermination: reclaimed' })],
      'i-1 is terminated (Server.SpotInstanceTermination: reclaimed)',
    ],
  ])('of a machine that is gone says so, and writes it down: %#', async (machines, why) => {
    cloud.machines = machines
    await expect(stopIt()).rejects.toMatchObject({
      code: 'machine.gone',
      message: `The lab "one" has no machine: ${why}.`,
    })
    expect(record()).toMatchObject({ machine: { state: 'terminated' }, billed: [{}, { what: 'nothing' }] })
  })

  it('is for rented labs, of this account, that have a machine', async () => {
    await saveSomeLab(context.paths, 'local')
    await expect(stop('local', context, never)).rejects.toMatchObject({
      code: 'usage.value',
      message: '"local" has no machine of its own: it runs on this computer.',
    })
    const { machine: _machine, ...unmade } = rentedLab()

    await saveLab(context.paths, { ...unmade, name: 'two' })
    await expect(stop('two', context, never)).rejects.toMatchObject({ code: 'machine.gone' })
    await saveRentedLab(context.paths, { accountId: '999999999999' })
    await expect(stopIt()).rejects.toMatchObject({
      code: 'aws.account',
      aftermath: expect.stringContaining('THE MACHINE STILL RUNS') as string,
    })
    expect(cloud.changes).toEqual([])
  })
})

describe('start', () => {
  beforeEach(async () => {
    await stopIt()
    await context.clock.advance(10 * HOUR_MS)
  })

  it('sets the new deadline before it starts, and waits for the address', async () => {
    const started = await startIt(2 * HOUR_MS)
    expect(startedScreen(started)).toMatchInlineSnapshot(`
      "one runs again: i-1 at 198.51.100.8. It ends by itself 2026-01-01 13:00 UTC at
      the latest. By then it will have cost $5.79 in all, at $1.88/h."
    `)
    expect(cloud.changes.slice(1).map((change) => change.split(' @')[0])).toEqual([
      expect.stringMatching(/^tag i-1 \{"labos:expires-at":"2026-01-01T13:00:1/),
      'start i-1',
    ])
    expect(record()).toMatchObject({
      machine: { state: 'running', address: '198.51.100.8' },
      expiresAt: expect.stringMatching(/^2026-01-01T13:00:1/) as string,
      billed: [{ what: 'running' }, { what: 'stopped' }, { what: 'running' }],
    })
  })

  it('is as long as it was rented for, where nothing else is said', async () => {
    expect((await startIt()).endsAt).toMatch(/^2026-01-01T15:00:1/)
  })

  it('has its deadline by AWS’s clock, where this computer’s is wrong', async () => {
    cloud.aheadMs = 2 * HOUR_MS
    expect((await startIt()).endsAt).toMatch(/^2026-01-01T13:00:1/)
  })

  it('lacking a machine stays stopped, and says what that costs', async () => {
    cloud.fail('start', refusal('capacity.none', 'AWS has no g6e.xlarge free in us-east-1a.'))
    await expect(startIt()).rejects.toMatchObject({
      code: 'capacity.none',
      message: 'AWS has no g6e.xlarge free in us-east-1a.',
      aftermath: 'one stays stopped; its disk is kept, $0.36 a day.',
      suggestions: [
        'Try again later: `labos start one`. A stopped machine starts in its own zone only.',
        'Or make one elsewhere: `labos down one`, then `labos up`.',
      ],
    })
    expect(cloud.changes.length).toBe(2)
    expect(record()).toMatchObject({ machine: { state: 'stopped' }, billed: [{}, { what: 'stopped' }] })
  })

  it('whose answer is lost says that nobody knows', async () => {
    cloud.fail('start', refusal('aws.unreachable', 'AWS does not answer.'))
    await expect(startIt()).rejects.toMatchObject({
      aftermath: 'Whether one started is not known: `labos status one --refresh` looks.',
    })
  })

  it('that does not come up says that it is billed', async () => {
    cloud.movingMs = Infinity
    await expect(startIt()).rejects.toMatchObject({
      code: 'machine.failed',
      message: 'i-1 is pending still after 10 minutes.',
      aftermath: expect.stringContaining('THE MACHINE STILL RUNS: i-1') as string,
    })
    expect(record().billed.at(-1)?.what).toBe('running')
  })

  it('that ends at once says why', async () => {
    cloud.then = () => {
      cloud.machines = [cloudMachine({ state: 'stopped', stateReason: 'Server.InsufficientInstanceCapacity' })]
    }
    await expect(startIt()).rejects.toMatchObject({
      code: 'machine.failed',
      message: 'i-1 was to be running, and is stopped (Server.InsufficientInstanceCapacity).',
    })
  })

  it('of one that runs already leaves its deadline alone', async () => {
    await startIt()
    const { expiresAt } = record()
    expect(await startIt(9 * HOUR_MS)).toMatchObject({ outcome: 'already-running', endsAt: expiresAt })
  })
})

describe('extend', () => {
  it('moves the deadline on the machine, and says what it will have cost', async () => {
    const extended = await extendIt(2 * HOUR_MS)
    expect(extendedScreen(extended)).toMatchInlineSnapshot(`
      "one ends by itself 2026-01-01 06:00 UTC, not 2026-01-01 04:00 UTC. By then it
      will have cost $11.28 in all, at $1.88/h. The machine could not be asked just
      now; it looks each half minute."
    `)
    expect(cloud.machines[0]?.tags['labos:expires-at']).toBe('2026-01-01T06:00:00.000Z')
    expect(record().expiresAt).toBe('2026-01-01T06:00:00.000Z')
  })

  it('by seconds is said as such', async () => {
    expect(extendedScreen(await extendIt(1000))).toContain('2026-01-01 04:00 UTC, 1.0 s later than before.')
  })

  it('goes by the tag where somebody moved it elsewhere', async () => {
    cloud.machines = [
      cloudMachine({ tags: { ...cloudMachine().tags, 'labos:expires-at': '2026-01-01T08:00:00.000Z' } }),
    ]
    expect(await extendIt()).toMatchObject({
      endedAtBefore: '2026-01-01T08:00:00.000Z',
      endsAt: '2026-01-01T09:00:00.000Z',
    })
  })

  it.each([0, -1, Number.NaN])('by %d is refused', async (byMs) => {
    await expect(extendIt(byMs)).rejects.toMatchObject({ code: 'usage.value' })
  })

  it('is refused when the deadline has passed, and when nothing runs', async () => {
    await context.clock.advance(5 * HOUR_MS)
    await expect(extendIt()).rejects.toMatchObject({
      code: 'machine.state',
      message: 'The deadline of "one" passed at 2026-01-01 04:00 UTC: the machine is ending itself.',
    })
    cloud.machines = [cloudMachine({ state: 'stopped' })]
    await expect(extendIt()).rejects.toMatchObject({ code: 'machine.state' })
    cloud.machines = []
    await expect(extendIt()).rejects.toMatchObject({ code: 'machine.gone' })
    expect(cloud.changes).toEqual([])
  })

  it('that AWS refuses changes nothing', async () => {
    cloud.fail('tag', expired())
    await expect(extendIt()).rejects.toMatchObject({ code: 'aws.credentials' })
    expect(record().expiresAt).toBe('2026-01-01T04:00:00.000Z')
  })

  it('is not for labs on this computer', async () => {
    await saveSomeLab(context.paths, 'local')
    await expect(extend({ name: 'local', byMs: 1 }, context, never)).rejects.toMatchObject({
      code: 'usage.value',
      suggestions: [expect.anything(), 'A deadline of a local lab is set when it starts: `labos up --ttl 4h`.'],
    })
  })
})
