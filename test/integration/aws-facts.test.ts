/** What AWS says before the first machine, by the real SDK against the test cloud. */
import {
  CreateSubnetCommand,
  DeleteSubnetCommand,
  DescribeVpcsCommand,
  EC2Client,
  RunInstancesCommand,
} from '@aws-sdk/client-ec2'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { awsOpener } from '../../src/adapters/aws/open-aws.js'
import type { Aws } from '../../src/cloud-ports.js'
import type { Market } from '../../src/plan/aws/price.js'
import { type FactsWish, gatherFacts, type RegionFacts } from '../../src/provision/aws/facts.js'
import { ladderIn } from '../../src/provision/aws/facts-rungs.js'
import { systemClock } from '../../src/adapters/system-clock.js'
import { type Cloud, startCloud } from '../cloud/cloud.js'

const signal = new AbortController().signal
let cloud: Cloud
let admin: EC2Client
const undo: (() => void)[] = []

beforeAll(async () => {
  cloud = await startCloud({ settings: { pendingMs: 0, shuttingDownMs: 0 } })
  for (const [name, value] of Object.entries(cloud.env)) vi.stubEnv(name, value)
  vi.stubEnv('AWS_PROFILE', undefined)
  vi.stubEnv('AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED', 'true')
  admin = new EC2Client({ region: 'us-east-1', maxAttempts: 1 })
})

afterEach(() => {
  for (const each of undo.splice(0)) each()
})

afterAll(async () => {
  admin.destroy()
  await cloud.close()
  vi.unstubAllEnvs()
})

const open = (region = 'us-east-1'): Promise<Aws> =>
  awsOpener({ fetch: globalThis.fetch, retryPauseMs: 1, requestMs: 5000 })(region)
const fault = (...faults: Parameters<Cloud['fault']>): void => void undo.push(cloud.fault(...faults))
const types = ['g6.2xlarge', 'g6e.xlarge', 'g99.huge']

const gather = async (more: { region?: string; market?: Market; deadlineMs?: number } = {}): Promise<RegionFacts> => {
  const { region = 'us-east-1', market = 'on-demand', deadlineMs = 10_000 } = more
  const wish: FactsWish = { region, types, market, quotaCodes: ['L-DB2E81BA', 'L-3819A6DF'] }
  return gatherFacts(await open(region), wish, { clock: systemClock, emit: () => undefined, deadlineMs }, signal)
}

describe('AWS', () => {
  it('says whose credentials they are, and what time it is', async () => {
    const { accountId, arn, serverMs } = await (await open()).account.identity(signal)
    expect(accountId).toMatch(/^\d{12}$/)
    expect(arn).toMatch(/^arn:aws:/)
    if (serverMs !== undefined) expect(Math.abs(serverMs - Date.now())).toBeLessThan(60_000)
  })

  it('says where types are offered; one that there is none of spoils nothing', async () => {
    const zones = await (await open()).launch.zonesOf(types, signal)
    expect(zones.get('g6.2xlarge')).toContain('us-east-1a')
    expect(zones.get('g6.2xlarge')).toEqual([...(zones.get('g6.2xlarge') ?? [])].sort())
    expect(zones.has('g99.huge')).toBe(false)
  })

  it('says what spot machines cost, zone by zone', async () => {
    const { launch } = await open()
    const prices = await launch.spotByZone(types, signal)
    for (const [zone, usd] of prices.get('g6.2xlarge') ?? []) {
      expect(zone).toMatch(/^us-east-1[a-f]$/)
      expect(usd).toBeGreaterThan(0)
    }
    expect(prices.has('g99.huge')).toBe(false)
  })

  it('says which subnets are public, one a zone', async () => {
    const network = await (await open()).launch.network(undefined, signal)
    expect(network?.publicSubnets.map(({ zone }) => zone)).toEqual(
      ['a', 'b', 'c', 'd', 'e', 'f'].map((letter) => `us-east-1${letter}`),
    )
    expect(network?.privateSubnets).toEqual([])
  })

  it('says so of one subnet, and of one that there is none of', async () => {
    const { launch } = await open()
    const { Vpcs } = await admin.send(new DescribeVpcsCommand({}))
    const { Subnet } = await admin.send(
      new CreateSubnetCommand({
        VpcId: Vpcs?.[0]?.VpcId,
        CidrBlock: '172.31.240.0/24',
        AvailabilityZone: 'us-east-1c',
      }),
    )
    const id = Subnet?.SubnetId ?? ''
    const network = await launch.network(id, signal)
    expect(network?.publicSubnets).toEqual([{ id, zone: 'us-east-1c' }]) // by the main route table
    await admin.send(new DeleteSubnetCommand({ SubnetId: id }))
    expect(await launch.network(id, signal)).toBeUndefined()
  })

  it('says what the quota is and what counts against it', async () => {
    const { launch } = await open()
    expect(await launch.quotaVcpus('L-DB2E81BA', signal)).toBe(64)
    expect(await launch.vcpusInUse(signal)).toEqual([])
    await admin.send(
      new RunInstancesCommand({ ImageId: 'ami-12345678', InstanceType: 'g6.2xlarge', MinCount: 1, MaxCount: 1 }),
    )
    expect(await launch.vcpusInUse(signal)).toEqual([{ instanceType: 'g6.2xlarge', market: 'on-demand', vcpus: 8 }])
  })

  it('takes a wish for more', async () => {
    const { launch } = await open()
    const { id, state } = await launch.requestQuota('L-DB2E81BA', 96, signal)
    expect([id, state]).toEqual([expect.stringMatching(/./) as string, 'PENDING'])
    fault({ action: 'RequestServiceQuotaIncrease', kind: { error: 'ResourceAlreadyExistsException' } })
    expect(await launch.requestQuota('L-DB2E81BA', 96, signal)).toMatchObject({ id: '' })
  })
})

describe('a region without a default network', () => {
  it('has one after labos made it, and a second time is a success', async () => {
    const { launch } = await open('us-west-2')
    fault({ action: 'DescribeVpcs', region: 'us-west-2', times: 1, kind: { error: 'InternalError' } })
    expect(await launch.network(undefined, signal)).toBeDefined() // the fault is tried again
    fault({ action: 'CreateDefaultVpc', region: 'us-west-2', times: 1, kind: { error: 'DefaultVpcAlreadyExists' } })
    await launch.makeDefaultNetwork(signal)
  })
})

describe('the facts', () => {
  it('are reads only', async () => {
    const before = cloud.journal.length
    await gather({ market: 'spot' })
    const asked = cloud.journal.slice(before).map(({ action }) => action)
    expect(asked.length).toBeGreaterThan(8)
    expect(asked.filter((action) => !/^(?:Describe|Get)/.test(action))).toEqual([])
  })

  it('make a ladder: types by zones, as AWS offers them', async () => {
    const facts = await gather({ market: 'spot' })
    const offer = { instanceType: 'g6.2xlarge', region: 'us-east-1', market: 'spot', vcpus: 8 } as const
    const { rungs, dropped } = ladderIn([offer], facts)
    expect(rungs.length).toBeGreaterThan(1)
    expect(rungs.every(({ zone, subnetId }) => zone !== undefined && subnetId !== undefined)).toBe(true)
    expect(dropped).toEqual([])
  })

  it.each([
    ['DescribeRouteTables', 'network'],
    ['DescribeInstanceTypeOfferings', 'zones'],
    ['GetCallerIdentity', 'identity'],
  ] as const)('go on without %s, whether it is denied or does not answer', async (action, part) => {
    const remove = cloud.fault({ action, kind: { error: 'UnauthorizedOperation', status: 403 } })
    expect((await gather())[part]).toMatchObject({ known: false })
    remove()
    fault({ action, kind: { hang: 'before' } })
    expect((await gather({ deadlineMs: 1500 }))[part]).toMatchObject({
      known: false,
      why: 'AWS does not answer within 1.5 s.',
    })
  })

  it('go on without quotas that may not be read', async () => {
    fault({ action: 'GetServiceQuota', kind: { error: 'AccessDeniedException' } })
    const { quotas } = await gather()
    expect(quotas.map(({ limitVcpus }) => limitVcpus.known)).toEqual([false, false])
  })

  it('of a region that is not enabled are none: aws.region', async () => {
    fault({ action: 'DescribeVpcs', region: 'us-west-1', kind: { error: 'OptInRequired', status: 403 } })
    await expect(gather({ region: 'us-west-1' })).rejects.toMatchObject({ code: 'aws.region' })
  })

  it('of a session that has expired are none: aws.credentials', async () => {
    fault({ action: 'GetCallerIdentity', kind: { error: 'ExpiredToken', status: 403 } })
    await expect(gather()).rejects.toMatchObject({ code: 'aws.credentials' })
  })
})
