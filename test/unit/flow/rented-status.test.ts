import { writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { labTable, statusScreen } from '../../../src/cli/screens.js'
import { costScreen } from '../../../src/cli/rented-screens.js'
import { allCosts, cost } from '../../../src/flow/cost.js'
import { allLabs, labStatus } from '../../../src/flow/lab-status.js'
import { refreshedStatus } from '../../../src/flow/refresh-status.js'
import { labPaths, lockPath } from '../../../src/state/paths.js'
import { readRentedLab } from '../../../src/state/read.js'
import { saveLab } from '../../../src/state/store.js'
import { noColour } from '../../../src/ui/paint.js'
import { fakeContext, fakeProcesses, saveSomeLab, type FakeContext } from '../../fakes/context.js'
import { cloudMachine, expired, fakeCloud, type FakeCloud, rentedLab, saveRentedLab } from '../../fakes/rented.js'

const never = new AbortController().signal
const HOUR_MS = 3_600_000

interface World {
  readonly context: FakeContext
  readonly cloud: FakeCloud
}

/** So many hours after the lab "one" was made. */
async function world(hours = 1, record: Parameters<typeof saveRentedLab>[1] = {}): Promise<World> {
  const base = fakeContext({ processes: fakeProcesses([1, 9]) })
  const cloud = fakeCloud(base.clock)
  const context = { ...base, aws: cloud.aws }
  await context.clock.advance(hours * HOUR_MS)
  await saveRentedLab(context.paths, record)
  return { context, cloud }
}

const { machine: knownMachine, ...unmade } = rentedLab({ billed: [] })

describe('the status of a rented lab', () => {
  it('is what EC2 said last, and asks nobody', async () => {
    const { context, cloud } = await world()
    const status = await labStatus('one', context)
    expect(statusScreen(status, noColour)).toMatchInlineSnapshot(`
      "  lab      one (lab-00000000aa)
        state    running: as EC2 said at 2026-01-01 00:00 UTC
        model    deepseek-coder-v2
        machine  i-1, g6e.xlarge, on-demand, in us-east-1a
        address  198.51.100.7
        cost     $1.88 so far, $1.88/h now, $7.52 in all by its end
        ends     by itself 2026-01-01 04:00 UTC, or labos down one"
    `)
    expect(status).toMatchObject({ state: 'running', endsAt: '2026-01-01T04:00:00.000Z', machine: { id: 'i-1' } })
    expect(cloud.asked.size).toBe(0)
  })

  it('is stopped, and then ends by nothing', async () => {
    const { context } = await world(11, {
      machine: { ...rentedLab().machine!, state: 'stopped' },
      billed: [
        { at: '2026-01-01T00:00:00.000Z', what: 'running' },
        { at: '2026-01-01T01:00:00.000Z', what: 'stopped' },
      ],
    })
    expect(statusScreen(await labStatus('one', context), noColour)).toMatchInlineSnapshot(`
      "  lab      one (lab-00000000aa)
        state    stopped: as EC2 said at 2026-01-01 00:00 UTC
        model    deepseek-coder-v2
        machine  i-1, g6e.xlarge, on-demand, in us-east-1a
        address  198.51.100.7
        cost     $2.03 so far, $0.01/h now
        ends     labos down one"
    `)
  })

  it('is creating while `up` has not come to its end: there may be a machine', async () => {
    const { context } = await world()
    await saveLab(context.paths, unmade)
    expect(statusScreen(await labStatus('one', context), noColour)).toMatchInlineSnapshot(`
      "  lab    one (lab-00000000aa)
        state  creating: a machine may have been made in us-east-1; \`labos up\` goes
               on, \`labos down one\` removes it
        model  deepseek-coder-v2
        cost   not known so far, ? now
        ends   by itself 2026-01-01 04:00 UTC, or labos down one"
    `)
    await saveLab(context.paths, { ...unmade, regions: [] })
    expect(await labStatus('one', context)).toMatchObject({
      state: 'creating',
      detail: 'nothing was made yet; `labos up` goes on, `labos down one` forgets it',
    })
  })

  it('is ended when its deadline has passed, and not yet seen to be gone', async () => {
    const { context } = await world(5)
    expect(await labStatus('one', context)).toMatchObject({
      state: 'ended',
      detail: 'its deadline passed at 2026-01-01 04:00 UTC; not yet seen to be gone: `labos status one --refresh`',
      usdSoFar: expect.closeTo(4 * 1.88) as number,
      usdPerHour: 0,
    })
  })

  it.each([
    ['pending', 'running', 'starting, as EC2 said at 2026-01-01 00:00 UTC'],
    ['stopping', 'stopped', 'stopping, as EC2 said at 2026-01-01 00:00 UTC'],
    [
      'terminated',
      'ended',
      'its machine has ended, as EC2 said at 2026-01-01 00:00 UTC; `labos down one` removes the rest',
    ],
  ] as const)('of a machine that is %s is %s', async (state, word, detail) => {
    const { context } = await world(1, { machine: { ...knownMachine!, state } })
    expect(await labStatus('one', context)).toMatchObject({ state: word, detail })
  })

  it('says no end of a machine that has ended', async () => {
    const { context } = await world(1, { machine: { ...knownMachine!, state: 'terminated' } })
    const status = await labStatus('one', context)
    const past = {
      endpoint: 'http://127.0.0.1:8484/v1',
      notes: [{ about: 'lease' as const, text: 'It ends any moment now.' }],
    }
    const screen = statusScreen({ ...status, ...past }, noColour)
    expect(screen).toMatch(/^ {2}state +ended: /m)
    expect(screen).not.toMatch(/by itself|any moment|^ {2}(?:lease|endpoint)/m)
  })

  it('stands beside local labs in one table', async () => {
    const { context } = await world()
    await saveSomeLab(context.paths, 'local')
    await saveLab(context.paths, { ...unmade, name: 'new' })
    await saveRentedLab(context.paths, { name: 'odd', machine: { ...knownMachine!, instanceType: 'p9.big' } })
    expect(labTable(await allLabs(context), noColour)).toMatchInlineSnapshot(`
      "NAME   STATE       MODEL              ENDPOINT                  PRICE
      local  unfinished  smollm2            http://127.0.0.1:8484/v1  $0.00/h
      new    creating    deepseek-coder-v2  -                         ?
      odd    running     deepseek-coder-v2  p9.big us-east-1          ?
      one    running     deepseek-coder-v2  g6e.xlarge us-east-1      $1.88/h"
    `)
  })
})

describe('status --refresh', () => {
  it('asks EC2 once, and writes down what it said', async () => {
    const { context, cloud } = await world(2)
    cloud.machines = [cloudMachine({ address: '198.51.100.9' })]
    expect(await refreshedStatus('one', context, never)).toMatchObject({
      state: 'running',
      detail: 'as EC2 said at 2026-01-01 02:00 UTC',
    })
    expect(readRentedLab(context.paths, 'one')?.machine).toMatchObject({
      address: '198.51.100.9',
      askedAt: '2026-01-01T02:00:00.000Z',
    })
    expect([...cloud.asked]).toEqual([['machine', 1]])
  })

  it('sees that it was stopped elsewhere, and from when on only its disk costs', async () => {
    const { context, cloud } = await world(2)
    cloud.machines = [cloudMachine({ state: 'stopped' })]
    expect(await refreshedStatus('one', context, never)).toMatchObject({ state: 'stopped', usdPerHour: 0.015 })
    expect(readRentedLab(context.paths, 'one')?.billed).toEqual([
      { at: '2026-01-01T00:00:00.000Z', what: 'running' },
      { at: '2026-01-01T02:00:00.000Z', what: 'stopped' },
    ])
  })

  it.each([
    [
      [cloudMachine({ state: 'terminated', stateReason: 'Server.SpotInstanceTermination: reclaimed' })],
      'its machine i-1 is terminated (Server.SpotInstanceTermination: reclaimed); `labos down one` removes the rest',
    ],
    [[], 'EC2 knows no machine i-1 any more; `labos down one` removes the rest'],
  ])('says the truth when it is gone: %#', async (machines, detail) => {
    const { context, cloud } = await world(9)
    cloud.machines = machines
    expect(await refreshedStatus('one', context, never)).toMatchObject({ state: 'ended', detail })
    expect(readRentedLab(context.paths, 'one')?.billed.at(-1)).toEqual({
      at: '2026-01-01T04:00:00.000Z',
      what: 'nothing',
    })
  })

  it('calls a machine gone only with credentials of its account, and not while it is new', async () => {
    const { context, cloud } = await world(0.02)
    cloud.machines = []
    expect(await refreshedStatus('one', context, never)).toMatchObject({ state: 'running' })
    await context.clock.advance(HOUR_MS)
    await saveRentedLab(context.paths, { accountId: '999999999999' })
    await expect(refreshedStatus('one', context, never)).rejects.toMatchObject({ code: 'aws.account' })
    expect(readRentedLab(context.paths, 'one')?.machine?.state).toBe('running')
  })

  it('that fails says what goes on', async () => {
    const { context, cloud } = await world()
    cloud.fail('machine', expired())
    await expect(refreshedStatus('one', context, never)).rejects.toMatchObject({
      code: 'aws.credentials',
      aftermath: expect.stringContaining('THE MACHINE STILL RUNS') as string,
    })
  })

  it('leaves the record to a command that works on it', async () => {
    const { context, cloud } = await world(2)
    cloud.machines = [cloudMachine({ state: 'stopped' })]
    const holder = { pid: 9, startTime: 't9', command: 'labos stop one', at: 0 }
    writeFileSync(lockPath(context.paths, 'one'), JSON.stringify(holder))
    expect(await refreshedStatus('one', context, never)).toMatchObject({ state: 'stopped' })
    expect(readRentedLab(context.paths, 'one')?.machine?.state).toBe('running')
  })

  it('of a lab without a machine, and of a local one, is the status', async () => {
    const { context, cloud } = await world()
    await saveSomeLab(context.paths, 'local')
    await saveLab(context.paths, unmade)
    expect(await refreshedStatus('one', context, never)).toMatchObject({ state: 'creating' })
    expect(await refreshedStatus('local', context, never)).toMatchObject({ state: 'unfinished' })
    expect(cloud.asked.size).toBe(0)
  })
})

describe('labos cost', () => {
  it('is of each lab and in sum', async () => {
    const { context } = await world(2)
    await saveSomeLab(context.paths, 'local')
    await saveRentedLab(context.paths, {
      name: 'asleep',
      machine: { ...knownMachine!, state: 'stopped' },
      billed: [
        { at: '2026-01-01T00:00:00.000Z', what: 'running' },
        { at: '2026-01-01T01:00:00.000Z', what: 'stopped' },
      ],
    })
    expect(costScreen(allCosts(context), noColour)).toMatchInlineSnapshot(`
      "LAB     STATE    SO FAR  STOPPED  $/H NOW  AT MOST  ENDS BY UTC
      asleep  stopped   $1.89    $0.01    $0.01        -  -
      local   local     $0.00    $0.00    $0.00    $0.00  -
      one     running   $3.76    $0.00    $1.88    $7.52  01-01 04:00
      in all            $5.65    $0.01    $1.90
      By the prices of each plan, without taxes and traffic; AWS bills by its own
      clock."
    `)
    expect(costScreen(cost(['one'], context), noColour)).toMatchInlineSnapshot(`
      "LAB  STATE    SO FAR  STOPPED  $/H NOW  AT MOST  ENDS BY UTC
      one  running   $3.76    $0.00    $1.88    $7.52  01-01 04:00
      By the prices of each plan, without taxes and traffic; AWS bills by its own
      clock."
    `)
  })

  it('says of what nothing is known', async () => {
    const { context } = await world(1)
    await saveRentedLab(context.paths, { name: 'odd', machine: { ...knownMachine!, instanceType: 'p9.big' } })
    await saveRentedLab(context.paths, { name: 'bad' })
    writeFileSync(labPaths(context.paths, 'bad').record, '{')
    const report = allCosts(context)
    expect(report.unknown).toEqual(['bad', 'odd'])
    expect(report.sum.usdSoFar).toBeCloseTo(1.88)
    expect(costScreen(report, noColour)).toMatchInlineSnapshot(`
      "LAB     STATE    SO FAR  STOPPED  $/H NOW  AT MOST  ENDS BY UTC
      bad     damaged       ?        ?        ?        -  -
      odd     running       ?    $0.00        ?        -  01-01 04:00
      one     running   $1.88    $0.00    $1.88    $7.52  01-01 04:00
      in all            $1.88    $0.00    $1.88
      Not in the sum, as it is not known: bad, odd.
      By the prices of each plan, without taxes and traffic; AWS bills by its own
      clock."
    `)
  })

  it('of no lab is nothing', () => {
    expect(costScreen(allCosts(fakeContext()), noColour)).toBe('There is no lab, and nothing costs anything.')
  })
})
