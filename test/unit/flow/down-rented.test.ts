import { existsSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { downScreen } from '../../../src/cli/teardown-screens.js'
import { downLabs } from '../../../src/flow/down-labs.js'
import { labPaths, lockPath } from '../../../src/state/paths.js'
import { readRentedLab } from '../../../src/state/read.js'
import { removeLab, saveLab } from '../../../src/state/store.js'
import { fakeContext, fakeProcesses } from '../../fakes/context.js'
import { downWish, downWorld, failureOf } from '../../fakes/down-world.js'
import { expired, refusal, rentedLab, tagsOf } from '../../fakes/rented.js'

const notFound = { name: 'one', outcome: 'not-found', usd: 0, purged: [] }
const never = new AbortController().signal

describe('down of a rented lab', () => {
  it('ends it, proves it, forgets it, and says what it cost', async () => {
    const { context, cloud, down, stack } = await downWorld()
    const { labs, failures } = await down()
    expect(failures).toEqual([])
    expect(downScreen(labs)).toMatchInlineSnapshot(`
      "one is gone. It cost $1.88.
        removed machine         i-1    us-east-1
        removed volume          vol-1  us-east-1
        removed security group  sg-1   us-east-1"
    `)
    expect(labs[0]).toMatchObject({
      name: 'one',
      id: 'lab-00000000aa',
      outcome: 'removed',
      usd: expect.closeTo(1.88, 1) as number,
    })
    expect(stack).toEqual(['settle one', 'forget one lab-00000000aa'])
    expect(existsSync(labPaths(context.paths, 'one').dir)).toBe(false)
    expect([cloud.things, cloud.machines[0]?.state]).toEqual([[], 'terminated'])
    expect(context.events.map((event) => ('text' in event ? event.text : event.type))).toMatchInlineSnapshot(`
      [
        "ending one: i-1 in us-east-1",
        "waiting until EC2 says that i-1 has ended",
        "one is gone: a search by its tags finds nothing",
      ]
    `)
  })

  it('a second time finds nothing, here or in AWS', async () => {
    const { down } = await downWorld()
    await down()
    await expect(down()).rejects.toMatchObject({
      code: 'lab.unknown',
      message: 'There is no lab "one"; there is none at all. AWS was searched by tags: eu-west-1, us-east-1.',
    })
    expect(await down({ named: 'one', ignoreNotFound: true })).toEqual({ labs: [notFound], failures: [] })
  })

  it('is by its id too', async () => {
    const { down } = await downWorld()
    expect((await down({ named: 'lab-00000000aa' })).labs).toMatchObject([{ name: 'one', outcome: 'removed' }])
  })

  it('whose machine has vanished says what it cost at most', async () => {
    const { cloud, down } = await downWorld()
    cloud.machines = []
    const { labs } = await down()
    expect(labs).toMatchObject([{ outcome: 'removed', usd: expect.closeTo(1.88, 1) as number, usdIs: 'at-most' }])
    expect(downScreen(labs)).toContain('It cost $1.88 at most: it had ended before.')
  })

  it('that ended itself at its deadline cost nothing after it', async () => {
    const { cloud, context, down } = await downWorld()
    await context.clock.advance(9 * 3_600_000)
    cloud.machines = []
    expect((await down()).labs[0]?.usd).toBeCloseTo(4 * 1.88, 5)
  })

  it('of which nothing was ever made asks nobody', async () => {
    const { machine: _machine, ...rest } = rentedLab({ regions: [], billed: [] })
    const context = fakeContext()
    await context.clock.advance(1)
    await saveLab(context.paths, rest)
    expect((await downLabs(downWish({ named: 'one' }), context, never)).labs).toMatchObject([
      { outcome: 'removed', usd: 0 },
    ])
  })

  it('ends a machine that `up` was killed before it could write down, and knows what it cost', async () => {
    const { context, cloud, down } = await downWorld()
    const { machine: _machine, ...unwritten } = rentedLab({ billed: [] })
    await saveLab(context.paths, unwritten)
    expect((await down()).labs).toMatchObject([{ outcome: 'removed', usd: expect.closeTo(1.88, 1) as number }])
    expect(cloud.machines[0]?.state).toBe('terminated')
    await saveLab(context.paths, unwritten)
    expect((await down()).labs).toMatchObject([{ outcome: 'removed', usd: 0 }])
  })

  it('with --no-wait is told to end; the record stays until it is proven', async () => {
    const { context, cloud, down } = await downWorld()
    const { labs, failures } = await down({ named: 'one', noWait: true })
    expect(failures).toEqual([])
    expect(downScreen(labs)).toMatchInlineSnapshot(
      `"one was told to end; that it has is not proven: \`labos down one\` does. It cost $1.88."`,
    )
    expect(readRentedLab(context.paths, 'one')).toMatchObject({
      machine: { state: 'shutting-down' },
      billed: [{ what: 'running' }, { what: 'nothing', at: '2026-01-01T01:00:00.000Z' }],
    })
    expect(cloud.changes).toEqual(['terminate i-1 @3600'])
    await context.clock.advance(7_200_000)
    expect((await down()).labs).toMatchObject([{ outcome: 'removed', usd: expect.closeTo(1.88, 1) as number }])
  })

  it('looks as long as a lost create call may still bring a machine', async () => {
    const { context, cloud, down } = await downWorld()
    cloud.machines = []
    cloud.things = []
    Object.assign(context.stack, { settle: async () => ({ settleUntilMs: context.clock.now() + 90_000 }) })
    await down()
    expect(context.clock.monotonicMs()).toBeGreaterThanOrEqual(3_690_000)
  })
})

describe('down of a rented lab that does not come to its end', () => {
  it('says that the machine still runs when credentials expire in the middle', async () => {
    const it = await downWorld()
    it.cloud.fail('terminate', expired())
    const error = await failureOf(it)
    expect(error).toMatchObject({ code: 'teardown.incomplete', exit: 9 })
    expect(error).toMatchInlineSnapshot(
      `[LabosError: Still there of "one": machine i-1 in us-east-1 (running, $1.86/h), volume vol-1 in us-east-1 (in-use, $0.01/h), security group sg-1 in us-east-1 ($0.00/h). Not known of "one" in us-east-1: The AWS session has expired (ExpiredToken).]`,
    )
    expect((error as { aftermath: string }).aftermath).toMatchInlineSnapshot(
      `"THE MACHINE STILL RUNS: i-1; what is left costs $1.88/h, until it ends itself at 2026-01-01 04:00 UTC. The record is kept."`,
    )
    expect((error as { suggestions: string[] }).suggestions).toMatchInlineSnapshot(`
      [
        "When that is mended, try once more: \`labos down one\`.",
        "Do something about it.",
        "By hand, the machine: \`aws ec2 terminate-instances --instance-ids i-1 --region us-east-1\`.",
        "By hand, the volume: \`aws ec2 delete-volume --volume-id vol-1 --region us-east-1\`.",
        "By hand, the security group: \`aws ec2 delete-security-group --group-id sg-1 --region us-east-1\`.",
      ]
    `)
    expect(readRentedLab(it.context.paths, 'one')).toMatchObject({ machine: { state: 'running' } })
    expect(it.stack).toEqual(['settle one'])
  })

  it.each([
    ['aws.credentials', 'The AWS session has expired (ExpiredToken).'],
    ['aws.unreachable', 'AWS does not answer.'],
  ] as const)('is %s when nothing could be asked at all, and says that it still runs', async (code, message) => {
    const it = await downWorld()
    it.cloud.fail('identity', refusal(code, message))
    expect(await failureOf(it)).toMatchObject({
      code,
      exit: 3,
      aftermath:
        'Nothing was touched. THE MACHINE STILL RUNS: i-1 (g6e.xlarge in us-east-1), $1.88/h, until it ends itself at 2026-01-01 04:00 UTC.',
    })
    expect([it.cloud.changes, it.stack]).toEqual([[], []])
    expect(readRentedLab(it.context.paths, 'one')).toBeDefined()
  })

  it('says that the machine still runs, as the record has it, when the first search is refused', async () => {
    const it = await downWorld()
    it.cloud.fail('list', expired())
    expect(await failureOf(it)).toMatchObject({
      code: 'teardown.incomplete',
      aftermath: expect.stringContaining('THE MACHINE STILL RUNS: i-1 (g6e.xlarge in us-east-1), $1.88/h') as string,
    })
  })

  it('touches nothing with the credentials of another account', async () => {
    const it = await downWorld({ accountId: '999999999999' })
    expect(await failureOf(it)).toMatchObject({
      code: 'aws.account',
      message: expect.stringContaining('111122223333') as string,
      aftermath: expect.stringContaining('THE MACHINE STILL RUNS') as string,
    })
    expect([it.cloud.changes, it.stack]).toEqual([[], []])
  })

  it('names what is left with its price, and how to remove it by hand', async () => {
    const it = await downWorld()
    it.cloud.fail('remove', refusal('aws.refused', 'AWS refuses ec2:DeleteSecurityGroup.'))
    it.cloud.things.push({
      kind: 'volume',
      id: 'vol-7',
      region: 'us-east-1',
      tags: tagsOf(),
      state: 'available',
      sizeGB: 500,
    })
    const error = await failureOf(it)
    expect(error).toMatchObject({
      code: 'teardown.incomplete',
      message:
        'Still there of "one": security group sg-1 in us-east-1 ($0.00/h), volume vol-7 in us-east-1 (available, $0.05/h). Not known of "one" in us-east-1: AWS refuses ec2:DeleteSecurityGroup.',
      aftermath: 'What is left costs $0.05/h. The record is kept.',
      suggestions: expect.arrayContaining([
        'By hand, the volume: `aws ec2 delete-volume --volume-id vol-7 --region us-east-1`.',
      ]) as string[],
    })
    expect(readRentedLab(it.context.paths, 'one')).toMatchObject({
      machine: { state: 'terminated' },
      billed: [{ what: 'running' }, { what: 'nothing' }],
    })
    it.cloud.fail('remove', refusal('aws.refused', ''), 0)
    expect((await it.down()).labs).toMatchObject([{ outcome: 'removed', usd: expect.closeTo(1.88, 1) as number }])
  })

  it('says so when it is interrupted', async () => {
    const { context, down } = await downWorld()
    const stop = new AbortController()
    void context.clock.sleep(3000).then(() => stop.abort(refusal('interrupted', 'Interrupted (Ctrl-C).')))
    await expect(down({ named: 'one' }, stop.signal)).rejects.toMatchObject({ code: 'interrupted' })
    expect(readRentedLab(context.paths, 'one')).toBeDefined()
    expect(existsSync(lockPath(context.paths, 'one'))).toBe(false)
  })

  it.each(['labos up deepseek-coder-v2', 'labos start one'])(
    'asks `%s` that still runs to stop, and waits for it longer than for a local one',
    async (command) => {
      let endsLater = (): void => undefined
      const processes = fakeProcesses([1, 9], () => {
        endsLater()
        return false
      })
      const { context, down } = await downWorld({}, { processes })
      endsLater = () => void context.clock.sleep(5 * 60_000).then(() => processes.running.delete(9))
      const holder = { pid: 9, startTime: 't9', command, at: 0 }
      writeFileSync(lockPath(context.paths, 'one'), JSON.stringify(holder))
      expect((await down()).labs).toMatchObject([{ outcome: 'removed' }])
      expect(processes.sent).toEqual(['SIGTERM 9'])
    },
  )

  it('is a success when another `down` ended it meanwhile', async () => {
    const processes = fakeProcesses([1, 9])
    const { context, down, cloud } = await downWorld({}, { processes })
    const holder = { pid: 9, startTime: 't9', command: 'labos down one', at: 0 }
    writeFileSync(lockPath(context.paths, 'one'), JSON.stringify(holder))
    void context.clock.sleep(30_000).then(async () => {
      await removeLab(context.paths, 'one')
      processes.running.delete(9)
    })
    expect((await down()).labs).toMatchObject([{ outcome: 'not-found' }])
    expect(cloud.changes).toEqual([])
  })
})
