/** What a launch depends on, by the real SDK against a server that speaks AWS's protocols. */
import { afterEach, describe, expect, it, vi } from 'vitest'
import { network } from '../../../../src/adapters/aws/networks.js'
import { awsOpener } from '../../../../src/adapters/aws/open-aws.js'
import type { Aws } from '../../../../src/cloud-ports.js'
import { type Answer, awsServer, refusal, xml } from '../../../fakes/aws-server.js'

const signal = new AbortController().signal
const open = (region = 'us-east-1'): Promise<Aws> => awsOpener({ fetch: globalThis.fetch, retryPauseMs: 1 })(region)
const json = (value: unknown, status = 200): Answer => ({ status, body: JSON.stringify(value) })

afterEach(() => vi.unstubAllEnvs())

const image = (id: string, date: string, root = '/dev/sda1', state = 'available'): string =>
  `<item><imageId>${id}</imageId><name>DLAMI ${id}</name><imageState>${state}</imageState><creationDate>${date}</creationDate><rootDeviceName>${root}</rootDeviceName><blockDeviceMapping><item><deviceName>/dev/sdb</deviceName></item><item><deviceName>/dev/sda1</deviceName><ebs><volumeSize>65</volumeSize></ebs></item></blockDeviceMapping></item>`
const images = (...items: readonly string[]): Answer =>
  xml('DescribeImages', `<imagesSet>${items.join('')}</imagesSet>`)
const parameter = json({ Parameter: { Value: 'ami-named' } })

describe('the image', () => {
  it('is the one that AWS names, as it describes it', async () => {
    const asked = await awsServer({
      GetParameter: [parameter],
      DescribeImages: [images(image('ami-named', '2026-10-01T00:00:00.000Z'))],
    })
    expect(await (await open()).launch.image(signal)).toEqual({
      id: 'ami-named',
      name: 'DLAMI ami-named',
      rootDevice: '/dev/sda1',
      snapshotGB: 65,
      createdAt: '2026-10-01T00:00:00.000Z',
    })
    expect(asked).toEqual(['GetParameter', 'DescribeImages'])
  })

  it.each([
    ['has no such parameter', json({ __type: 'ParameterNotFound' }, 400), 1],
    ['does not let it be read', json({ __type: 'AccessDeniedException' }, 400), 1],
  ])('is the newest of that name where AWS %s', async (_what, answer, described) => {
    const found = images(
      image('ami-old', '2026-01-01T00:00:00.000Z'),
      image('ami-new', '2026-09-01T00:00:00.000Z'),
      image('ami-odd', '2026-10-01T00:00:00.000Z', '/dev/xvda'),
    )
    const asked = await awsServer({ GetParameter: [answer], DescribeImages: [found] })
    expect(await (await open()).launch.image(signal)).toMatchObject({ id: 'ami-new' })
    expect(asked.filter((name) => name === 'DescribeImages')).toHaveLength(described)
  })

  it('that is named and gone is looked for by name', async () => {
    await awsServer({
      GetParameter: [parameter],
      DescribeImages: [refusal('InvalidAMIID.NotFound', 400), images(image('ami-new', '2026-09-01T00:00:00.000Z'))],
    })
    expect(await (await open()).launch.image(signal)).toMatchObject({ id: 'ami-new' })
  })

  it('that is nowhere is aws.image', async () => {
    await awsServer({
      GetParameter: [parameter],
      DescribeImages: [images(image('ami-x', '2026-09-01T00:00:00.000Z', '/dev/sda1', 'pending')), images()],
    })
    await expect((await open()).launch.image(signal)).rejects.toMatchObject({ code: 'aws.image', exit: 5 })
  })

  it('is not looked for any further when the way to AWS is broken', async () => {
    await awsServer({ GetParameter: [json({ __type: 'InternalServerError' }, 500)] })
    await expect((await open()).launch.image(signal)).rejects.toMatchObject({ code: 'aws.unreachable' })
  })
})

describe('a network', () => {
  const subnet = (SubnetId: string, AvailabilityZone: string, AvailableIpAddressCount = 9) => ({
    SubnetId,
    AvailabilityZone,
    AvailableIpAddressCount,
  })
  const out = { GatewayId: 'igw-1', State: 'active' } as const

  it('has the subnets that lead out: by a table of their own, else by the main one', () => {
    const tables = [
      { Associations: [{ Main: true }], Routes: [{ GatewayId: 'local' }, out] },
      { Associations: [{ SubnetId: 's-a', Main: false }], Routes: [{ NatGatewayId: 'nat-1' }] },
    ]
    expect(network('vpc-1', [subnet('s-b', 'us-east-1b'), subnet('s-a', 'us-east-1a')], tables, 'us-east-1')).toEqual({
      vpcId: 'vpc-1',
      publicSubnets: [{ id: 's-b', zone: 'us-east-1b' }],
      privateSubnets: [{ id: 's-a', zone: 'us-east-1a' }],
    })
  })

  it('has one public subnet a zone, that with the most addresses; no local zones', () => {
    const subnets = [
      subnet('s-1', 'us-east-1a', 2),
      subnet('s-2', 'us-east-1a', 200),
      subnet('s-3', 'us-east-1-bos-1a'),
    ]
    const tables = [{ Associations: [{ Main: true }], Routes: [out] }]
    expect(network('vpc-1', subnets, tables, 'us-east-1')).toMatchObject({
      publicSubnets: [{ id: 's-2', zone: 'us-east-1a' }],
      privateSubnets: [],
    })
  })

  it('whose gateway is gone leads nowhere', () => {
    const tables = [{ Associations: [{ Main: true }], Routes: [{ GatewayId: 'igw-1', State: 'blackhole' as const }] }]
    expect(network('v', [subnet('s', 'us-east-1a')], tables, 'us-east-1').publicSubnets).toEqual([])
    expect(network('v', [subnet('s', 'us-east-1a')], [], 'us-east-1').publicSubnets).toEqual([])
  })

  it('of a subnet that does not exist is none', async () => {
    await awsServer({ DescribeSubnets: [refusal('InvalidSubnetID.NotFound', 400)] })
    expect(await (await open()).launch.network('subnet-1', signal)).toBeUndefined()
  })
})

describe('quotas', () => {
  it('that AWS has no value of are not guessed', async () => {
    await awsServer({ GetServiceQuota: [json({ Quota: {} })] })
    await expect((await open()).launch.quotaVcpus('L-1', signal)).rejects.toMatchObject({ code: 'aws.refused' })
  })

  it('that may not be read name the permission', async () => {
    await awsServer({ GetServiceQuota: [json({ __type: 'AccessDeniedException' }, 400)] })
    await expect((await open()).launch.quotaVcpus('L-1', signal)).rejects.toMatchObject({
      message: expect.stringContaining('servicequotas:GetServiceQuota in us-east-1') as string,
    })
  })

  it('for which a request is open already are asked for', async () => {
    await awsServer({ RequestServiceQuotaIncrease: [json({ __type: 'ResourceAlreadyExistsException' }, 400)] })
    expect(await (await open()).launch.requestQuota('L-1', 8, signal)).toEqual({ id: '', state: 'ALREADY_OPEN' })
  })
})

describe('machines that run', () => {
  const machine = (type: string, more = ''): string =>
    `<item><instancesSet><item><instanceType>${type}</instanceType>${more}</item></instancesSet></item>`
  const cpus = (cores: number): string =>
    `<cpuOptions><coreCount>${String(cores)}</coreCount><threadsPerCore>2</threadsPerCore></cpuOptions>`

  it('count with their vCPUs, over all pages; those on hosts of their own do not', async () => {
    const page = (content: string, next?: string): Answer =>
      xml('DescribeInstances', `<reservationSet>${content}</reservationSet>`, next)
    await awsServer({
      DescribeInstances: [
        page(
          machine('g6.2xlarge', cpus(4)) + machine('g6.xlarge', '<instanceLifecycle>spot</instanceLifecycle>'),
          'p2',
        ),
        page(
          machine('p5.48xlarge', `${cpus(96)}<instanceLifecycle>capacity-block</instanceLifecycle>`) +
            machine('g5.xlarge', `${cpus(2)}<placement><tenancy>host</tenancy></placement>`) +
            machine('zz.large'),
        ),
      ],
    })
    expect(await (await open()).launch.vcpusInUse(signal)).toEqual([
      { instanceType: 'g6.2xlarge', market: 'on-demand', vcpus: 8 },
      { instanceType: 'g6.xlarge', market: 'spot', vcpus: 4 },
    ])
  })
})

describe('nothing', () => {
  it('is asked about no types', async () => {
    const asked = await awsServer({})
    const { launch } = await open()
    expect([await launch.zonesOf([], signal), await launch.spotByZone([], signal)]).toEqual([new Map(), new Map()])
    expect(asked).toEqual([])
  })

  it('is made where there is a default network', async () => {
    await awsServer({ CreateDefaultVpc: [refusal('DefaultVpcAlreadyExists', 400)] })
    await (await open()).launch.makeDefaultNetwork(signal)
  })
})

describe('an identity', () => {
  const body = `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult><Arn>arn:aws:iam::123456789012:user/me</Arn><Account>123456789012</Account></GetCallerIdentityResult></GetCallerIdentityResponse>`

  it("has AWS's time beside it", async () => {
    await awsServer({ GetCallerIdentity: [{ body }] })
    const { accountId, arn, serverMs } = await (await open()).account.identity(signal)
    expect([accountId, arn]).toEqual(['123456789012', 'arn:aws:iam::123456789012:user/me'])
    expect(Math.abs((serverMs ?? 0) - Date.now())).toBeLessThan(60_000)
  })

  it('is asked for with keys that AWS takes', async () => {
    await awsServer({ GetCallerIdentity: [refusal('InvalidClientTokenId', 403)] })
    await expect((await open()).account.identity(signal)).rejects.toMatchObject({ code: 'aws.credentials' })
  })
})
