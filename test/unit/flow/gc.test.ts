import { beforeEach, describe, expect, it } from 'vitest'
import { gcScreen, labListScreen } from '../../../src/cli/cloud-screens.js'
import { gc, type GcReport, type GcRequest } from '../../../src/flow/gc.js'
import { labsInCloud } from '../../../src/flow/ps-cloud.js'
import { readRentedLab } from '../../../src/state/read.js'
import { ensureKey } from '../../../src/state/store.js'
import { noColour } from '../../../src/ui/paint.js'
import {
  fakeContext,
  fakeProcesses,
  saveSomeKeeper,
  saveSomeLab,
  whileItWaits,
  type FakeContext,
} from '../../fakes/context.js'
import {
  cloudMachine,
  expired,
  fakeCloud,
  type FakeCloud,
  OWNER,
  refusal,
  saveRentedLab,
  tagsOf,
  thingsOf,
} from '../../fakes/rented.js'
import { served } from '../../fakes/served.js'
import { engine } from '../../fakes/up-served.js'

const never = new AbortController().signal
const HOUR_MS = 3_600_000
let context: FakeContext
let cloud: FakeCloud

/**
 * Three hours after: "one" is recorded here and runs; "two" is of this user, without a record; "bob" is another user's;
 * "old" has passed its deadline, and of it only a disk is left, in another region.
 */
beforeEach(async () => {
  const base = fakeContext()
  cloud = fakeCloud(base.clock)
  context = { ...base, aws: cloud.aws, env: { AWS_PROFILE: 'test' } }
  const two = tagsOf({ 'labos:lab': 'lab-00000000bb', 'labos:name': 'two' })
  const bob = tagsOf({ 'labos:lab': 'lab-00000000cc', 'labos:name': 'three', 'labos:owner': 'bob@elsewhere' })
  const old = tagsOf({
    'labos:lab': 'lab-00000000dd',
    'labos:name': 'old',
    'labos:expires-at': '2025-12-31T20:00:00.000Z',
  })
  cloud.machines.push(cloudMachine({ id: 'i-2', tags: two, launchedAt: '2026-01-01T02:00:00.000Z' }))
  cloud.machines.push(cloudMachine({ id: 'i-3', tags: bob, launchedAt: '2026-01-01T01:00:00.000Z' }))
  cloud.things.push(
    { ...thingsOf('4', old, 'eu-west-1')[0]!, createdAt: '2025-12-31T12:00:00.000Z', state: 'available' },
    { kind: 'security-group', id: 'sg-2', region: 'us-east-1', tags: two },
  )
  await context.clock.advance(3 * HOUR_MS)
  await saveRentedLab(context.paths)
})

const run = (more: Partial<GcRequest> = {}, on: FakeContext = context): Promise<GcReport> =>
  whileItWaits(
    on.clock,
    gc({ regions: [], all: true, dryRun: false, agreed: true, allOwners: false, ...more }, on, never),
  )

/** The same wherever the test runs. */
const anonymous = <T>(value: T): T =>
  JSON.parse(JSON.stringify(value).replaceAll(tagsOf()['labos:owner'] ?? '', 'me@here')) as T

const screen = (report: GcReport): string => gcScreen(anonymous(report), context.clock.now(), noColour)

const shown = ({ labs }: GcReport): string[] => labs.map(({ lab, outcome }) => `${lab.id.slice(-2)} ${outcome}`)

describe('gc', () => {
  it('lists with --dry-run what is left over, oldest first, and removes nothing', async () => {
    const report = await run({ dryRun: true })
    expect(screen(report)).toMatchInlineSnapshot(`
      "Left over, oldest first:
        ID              NAME   OWNER          STATE       AGE   $/H  ENDS
        lab-00000000dd  old    me@here        no machine  15h  0.01  12-31 20:00
        lab-00000000cc  three  bob@elsewhere  running      2h  1.87  01-01 04:00
        lab-00000000bb  two    me@here        running      1h  1.87  01-01 04:00
      Labs of other owners are removed with \`--all-owners\` only."
    `)
    expect(cloud.changes).toEqual([])
    expect(report.usdPerHour).toBeCloseTo(2 * 1.865 + 0.013, 2)
  })

  it('removes what is yours, and leaves what is another’s and what has a record', async () => {
    const report = await run()
    expect(shown(report)).toEqual(['dd removed', 'cc found', 'bb removed'])
    expect(screen(report)).toMatchInlineSnapshot(`
      "Removed:
        ID              NAME  OWNER    STATE       AGE   $/H  ENDS
        lab-00000000dd  old   me@here  no machine  15h  0.01  12-31 20:00
        lab-00000000bb  two   me@here  running      1h  1.87  01-01 04:00
      Left over, oldest first:
        ID              NAME   OWNER          STATE    AGE   $/H  ENDS
        lab-00000000cc  three  bob@elsewhere  running   2h  1.87  01-01 04:00
      Labs of other owners are removed with \`--all-owners\` only."
    `)
    expect(cloud.machines.map(({ id, state }) => [id, state])).toEqual([
      ['i-1', 'running'],
      ['i-2', 'terminated'],
      ['i-3', 'running'],
    ])
    expect(cloud.things.map(({ id }) => id)).toEqual(['vol-1', 'sg-1'])
  })

  it('removes the labs of others where that is asked for', async () => {
    expect(shown(await run({ allOwners: true }))).toEqual(['dd removed', 'cc removed', 'bb removed'])
  })

  it('takes the lab of a run that was killed for left over, and no other run’s', async () => {
    const runner = (pid: number): object => ({ runner: { pid, startTime: `t${String(pid)}`, owner: OWNER } })
    await saveRentedLab(context.paths, runner(99))
    const { labs } = await run({ dryRun: true })
    expect(labs.find(({ recordedAs }) => recordedAs === 'one')).toMatchObject({ because: 'no-run', outcome: 'found' })
    await saveRentedLab(context.paths, runner(1))
    expect((await run({ dryRun: true })).labs.some(({ recordedAs }) => recordedAs === 'one')).toBe(false)
  })

  it('looks only where it is told to', async () => {
    expect(shown(await run({ all: false, regions: ['eu-west-1'] }))).toEqual(['dd removed'])
    expect(cloud.asked.has('list us-east-1')).toBe(false)
  })

  it('removes an expired lab that has a record with its record', async () => {
    await context.clock.advance(2 * HOUR_MS)
    const report = await run({ all: false, regions: ['us-east-1'] })
    expect(report.labs.find(({ recordedAs }) => recordedAs === 'one')).toMatchObject({
      because: 'expired',
      outcome: 'removed',
    })
    expect(readRentedLab(context.paths, 'one')).toBeUndefined()
  })

  it('finds nothing', async () => {
    cloud.machines = []
    cloud.things = []
    const report = await run()
    expect(report).toEqual({ regions: ['eu-west-1', 'us-east-1'], labs: [], unknown: [], usdPerHour: 0 })
    expect(screen(report)).toBe('Nothing is left over in eu-west-1, us-east-1.')
  })

  it('says what stays, and goes on with the others', async () => {
    cloud.fail('terminate', refusal('machine.state', 'i-2 is protected.'))
    const report = await run()
    expect(shown(report)).toEqual(['dd removed', 'cc found', 'bb left'])
    expect(screen(report)).toContain('i-2 is protected.')
  })

  it('says of a region that does not answer that it cannot be known', async () => {
    cloud.fail('list eu-west-1', refusal('aws.refused', 'AWS refuses ec2:DescribeInstances in eu-west-1.'))
    const report = await run()
    expect(report.unknown).toEqual([{ region: 'eu-west-1', why: 'AWS refuses ec2:DescribeInstances in eu-west-1.' }])
    expect(screen(report)).toContain('What is in eu-west-1 cannot be known')
  })

  it('fails when no region answers', async () => {
    cloud.fail('list', expired())
    await expect(run()).rejects.toMatchObject({ code: 'aws.credentials' })
  })
})

describe('gc without a yes', () => {
  it('shows what it would remove, and asks', async () => {
    const asked: string[] = []
    const prompt = {
      confirm: async (question: string) => asked.push(question) > 1,
      select: () => Promise.reject(new Error('no')),
    }
    const at = { ...context, prompt }
    await expect(run({ agreed: false }, at)).rejects.toMatchObject({ code: 'interrupted' })
    expect(cloud.changes).toEqual([])
    const notes = context.events.flatMap((event) => (event.type === 'note' ? [event.text] : []))
    expect(notes).toEqual([
      expect.stringMatching(/^lab-00000000dd \(old\) of .+, no machine, 15 h 00 m old, \$0.01\/h$/),
      expect.stringMatching(/^lab-00000000bb \(two\) of .+, machine running, 1 h 00 m old, \$1.8[67]\/h$/),
    ])
    expect(shown(await run({ agreed: false }, at))).toEqual(['dd removed', 'cc found', 'bb removed'])
    expect(asked).toEqual(['Remove 2 labs?', 'Remove 2 labs?'])
  })

  it('is refused where there is no terminal, unless there is nothing to remove', async () => {
    await expect(run({ agreed: false })).rejects.toMatchObject({ code: 'input.needed', exit: 4 })
    expect(cloud.changes).toEqual([])
    cloud.machines = []
    cloud.things = []
    expect((await run({ agreed: false })).labs).toEqual([])
  })
})

describe('ps --all-regions', () => {
  const list = () => labsInCloud({ regions: [], all: true }, context, never)

  it('says of a lab that serves what its keeper says', async () => {
    await saveRentedLab(context.paths, { ...served, stepsDone: ['laboratory'] })
    await saveSomeKeeper(context.paths, 'one', { port: served.port ?? 0 })
    await ensureKey(context.paths, 'one')
    const answer = { ...engine('serving'), labId: 'lab-00000000aa' }
    const asks = { ...context, processes: fakeProcesses([1, 7]), ask: async () => answer }
    const { labs } = await labsInCloud({ regions: [], all: true }, asks, never)
    expect(labs[0]).toMatchObject({ name: 'one', state: 'serving', endpoint: 'http://127.0.0.1:8485/v1' })
  })

  it('shows labs by their tags beside those with a record, as EC2 says now', async () => {
    await saveSomeLab(context.paths, 'local')
    cloud.machines[0] = cloudMachine({ state: 'stopped' })
    const labs = await list()
    expect(labs.labs.map(({ name, state }) => [name, state])).toEqual([
      ['local', 'unfinished'],
      ['one', 'stopped'],
    ])
    expect(labs.withoutRecord?.map(({ id }) => id)).toEqual(['lab-00000000dd', 'lab-00000000cc', 'lab-00000000bb'])
    expect(labListScreen(anonymous(labs), context.clock.now(), noColour)).toMatchInlineSnapshot(`
      "NAME   STATE       MODEL              ENDPOINT                  PRICE
      local  unfinished  smollm2            http://127.0.0.1:8484/v1  $0.00/h
      one    stopped     deepseek-coder-v2  g6e.xlarge us-east-1      $0.01/h

      In AWS, without a record here:
        ID              NAME   OWNER          STATE       AGE   $/H  ENDS
        lab-00000000dd  old    me@here        no machine  15h  0.01  12-31 20:00
        lab-00000000cc  three  bob@elsewhere  running      2h  1.87  01-01 04:00
        lab-00000000bb  two    me@here        running      1h  1.87  01-01 04:00
      Remove one: \`labos down ID\`. All of yours: \`labos gc\`."
    `)
    expect(readRentedLab(context.paths, 'one')?.machine?.state).toBe('running')
  })

  it('says where it was not answered, and that nothing more is there', async () => {
    cloud.machines = cloud.machines.slice(0, 1)
    cloud.things = []
    cloud.fail('list eu-west-1', refusal('aws.unreachable', 'AWS does not answer.'))
    expect(labListScreen(await list(), context.clock.now(), noColour)).toMatchInlineSnapshot(`
      "NAME  STATE    MODEL              ENGINE  ENDPOINT              PRICE
      one   running  deepseek-coder-v2  -       g6e.xlarge us-east-1  $1.88/h

      AWS holds no lab without a record here (us-east-1).
      What is in eu-west-1 cannot be known: AWS does not answer."
    `)
  })
})
