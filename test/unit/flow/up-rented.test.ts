import { gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { interrupted } from '../../../src/errors/interrupted.js'
import { LabosError } from '../../../src/errors/labos-error.js'
import { labNames, readRentedLab } from '../../../src/state/read.js'
import { ACCOUNT } from '../../fakes/rented.js'
import { errorOf, failure, makeMachine, request, world } from '../../fakes/up-rented.js'

const textLike = (pattern: RegExp): unknown => expect.stringMatching(pattern)
const noteLike = (pattern: RegExp): unknown => expect.objectContaining({ text: textLike(pattern) })

describe('a first up', () => {
  it('ends with a machine that answers, kept in the record with its price and its end', async () => {
    const { up, context } = world()
    const { outcome, lab } = await up()
    expect({ outcome, state: lab.state }).toEqual({ outcome: 'up', state: 'running' })
    expect(lab.endsAt).toMatch(/^2026-01-01T04:/) // the clock moves while it works
    const record = readRentedLab(context.paths, 'one')
    expect(record).toMatchObject({ accountId: ACCOUNT, regions: ['us-east-1'], stepsDone: ['plan', 'machine', 'boot'] })
    expect(record?.machine).toMatchObject({ id: 'i-1', state: 'running', address: '198.51.100.7' })
  })

  it('asks for the whole ladder, tagged, ending itself, reachable for one address alone', async () => {
    const { up, specs } = world()
    await up({ runId: 'run 7' })
    const [spec] = specs
    expect(spec?.access).toMatchObject({ vpcId: 'vpc-1', ingress: ['203.0.113.7/32'], accountId: ACCOUNT })
    expect(spec?.machine.rungs.slice(0, 2)).toEqual([
      {
        instanceType: 'g6.2xlarge',
        market: 'on-demand',
        zone: 'us-east-1a',
        subnetId: 'subnet-a',
        disk: { sizeGB: 100, throughputMBps: 125 },
      },
      expect.objectContaining({ zone: 'us-east-1b', subnetId: 'subnet-b' }),
    ])
    expect(spec?.machine.tags).toMatchObject({
      'labos:name': 'one',
      'labos:owner': 'ada@lab',
      'labos:expires-at': textLike(/^2026-01-01T04:/),
      'labos:model': 'deepseek-coder-v2',
      'labos:run': 'run 7',
    })
    const userData = gunzipSync(Buffer.from(spec?.machine.userData ?? '', 'base64')).toString()
    expect(userData).toContain("LABOS_TTL_S='14400'")
    expect(userData).toContain('sh bin/lease.sh arm')
  })

  it("counts the deadline by AWS's clock", async () => {
    const hourAhead = Date.UTC(2026, 0, 1, 1)
    const { context, up, specs } = world()
    const aws = context.aws
    const identity = async () => ({ accountId: ACCOUNT, arn: 'a', serverMs: hourAhead })
    Object.assign(context, {
      aws: async (region: string) => ({
        ...(await aws(region)),
        account: { ...(await aws(region)).account, identity },
      }),
    })
    await up()
    expect(specs[0]?.machine.tags['labos:expires-at']).toMatch(/^2026-01-01T05:/)
    expect(context.events).toContainEqual(noteLike(/clock is \d+ min behind/))
  })

  it('needs a yes: without a terminal nothing is asked of the cloud that makes something, and nothing stays', async () => {
    const { up, context, specs } = world()
    const error = await errorOf(up({ agreed: false }))
    expect({ code: error.code, aftermath: error.aftermath }).toEqual({
      code: 'input.needed',
      aftermath: 'Nothing was created.',
    })
    expect(specs).toEqual([])
    expect(labNames(context.paths)).toEqual([])
  })

  it('stops at a no', async () => {
    const prompt = { confirm: async () => false, select: async () => Promise.reject(new Error('none')) }
    const { up, context, specs } = world({ prompt })
    expect(await errorOf(up({ agreed: false }))).toMatchObject({
      code: 'interrupted',
      aftermath: 'Nothing was created.',
    })
    expect({ specs, names: labNames(context.paths) }).toEqual({ specs: [], names: [] })
  })

  it('has the record on disk before the stack may make anything', async () => {
    const seen: (readonly string[] | undefined)[] = []
    const built = world({}, () => {
      seen.push(readRentedLab(built.context.paths, 'one')?.regions)
      return undefined
    })
    await built.up()
    expect(seen).toEqual([['us-east-1']])
  })

  it('waits for port 22, and says when it stays silent, with the machine removed', async () => {
    const { up, cloud } = world({ reach: async () => false })
    const error = await errorOf(up())
    expect(error).toMatchObject({ code: 'machine.unreachable', exit: 8 })
    expect(error.aftermath).toMatch(/nothing of it is left in AWS/)
    expect(cloud.machines.map(({ state }) => state)).toEqual(['terminated'])
  })
})

describe('what makes it fail', () => {
  it.each([
    ['InsufficientInstanceCapacity', 'capacity.none', 5],
    ['VcpuLimitExceeded', 'quota.vcpu', 5],
    ['UnauthorizedOperation', 'aws.refused', 5],
    ['ExpiredToken', 'aws.credentials', 3],
    ['PendingVerification', 'aws.refused', 5],
    ['NoAnswer', 'aws.unreachable', 3],
    ['SomethingNew', 'machine.failed', 6],
  ] as const)('%s is %s, exit %i, and leaves nothing', async (awsCode, code, exit) => {
    const { up, context } = world({}, () => failure(awsCode))
    const error = await errorOf(up())
    expect({ code: error.code, exit: error.exit }).toEqual({ code, exit })
    expect(error.aftermath).toMatch(/nothing of it is left in AWS/)
    expect(labNames(context.paths)).toEqual([])
  })

  it('removes what a failed stack did make', async () => {
    const { up, cloud } = world({}, (spec, each) => {
      makeMachine(spec, each)
      return failure('SomethingNew')
    })
    await errorOf(up())
    expect(cloud.changes.map((change) => change.split(' ').slice(0, 2).join(' '))).toEqual(
      expect.arrayContaining(['terminate i-1', 'remove sg-1']),
    )
  })

  it('is kept with --keep, with its price and the command that removes it', async () => {
    const { up, context, cloud } = world({ reach: async () => false })
    const error = await errorOf(up({ keep: true }))
    expect(error.aftermath).toMatch(/THE MACHINE STILL RUNS: i-1 .*\$0\.99\/h.*labos down one/)
    expect(labNames(context.paths)).toEqual(['one'])
    expect(cloud.changes).toEqual([])
  })

  it('says what is left when it cannot be removed', async () => {
    const { up, cloud, context } = world({ reach: async () => false })
    cloud.fail('list', new LabosError('aws.credentials', 'expired', { suggestions: ['log in'] }))
    const error = await errorOf(up())
    expect(error.aftermath).toMatch(/could not be removed\. THE MACHINE STILL RUNS.*labos down one/)
    expect(readRentedLab(context.paths, 'one')?.machine?.id).toBe('i-1')
  })

  it('at Ctrl-C removes what was made', async () => {
    const controller = new AbortController()
    const { up, cloud, context } = world({
      reach: async () => {
        controller.abort(interrupted('Ctrl-C'))
        return false
      },
    })
    const error = await errorOf(up({}, controller.signal))
    expect(error).toMatchObject({ code: 'interrupted', exit: 130 })
    expect(cloud.machines.map(({ state }) => state)).toEqual(['terminated'])
    expect(labNames(context.paths)).toEqual([])
  })
})

describe('several regions', () => {
  const wish = { ...request().wish, regions: ['us-east-1', 'eu-west-1'] }

  it('goes on to the next where there is no capacity, and says so', async () => {
    const { up, context, specs } = world({}, ({ machine }) =>
      machine.region === 'us-east-1' ? failure('InsufficientInstanceCapacity') : undefined,
    )
    const { lab } = await up({ wish })
    expect(lab.machine?.region).toBe('eu-west-1')
    expect(specs.map(({ access }) => access.region)).toEqual(['us-east-1', 'eu-west-1'])
    expect(readRentedLab(context.paths, 'one')?.regions).toEqual(['us-east-1', 'eu-west-1'])
    expect(context.events).toContainEqual(noteLike(/On to eu-west-1/))
  })

  it('stops where another region would not help', async () => {
    const { up, specs } = world({}, () => failure('UnauthorizedOperation'))
    await errorOf(up({ wish }))
    expect(specs).toHaveLength(1)
  })

  it('tells of the quota, not of the capacity, when both were in the way', async () => {
    const { up } = world({}, ({ machine: { region } }) =>
      failure(region === 'us-east-1' ? 'VcpuLimitExceeded' : 'InsufficientInstanceCapacity', { region }),
    )
    expect(await errorOf(up({ wish }))).toMatchObject({ code: 'quota.vcpu' })
  })
})
