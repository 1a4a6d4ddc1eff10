/** What the test cloud says when it is asked for images, zones, prices and regions. */
import {
  DescribeImagesCommand,
  DescribeInstanceTypeOfferingsCommand,
  DescribeRegionsCommand,
  DescribeSpotPriceHistoryCommand,
  type EC2Client,
  type Filter,
  type ImageState,
  RunInstancesCommand,
} from '@aws-sdk/client-ec2'
import { GetProductsCommand, PricingClient } from '@aws-sdk/client-pricing'
import { GetServiceQuotaCommand, ServiceQuotasClient } from '@aws-sdk/client-service-quotas'
import { GetParameterCommand, SSMClient } from '@aws-sdk/client-ssm'
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { listedPrice } from '../../src/adapters/aws/answers.js'
import { clientOptions, ec2Of } from '../cloud/clients.js'
import { type Cloud, startCloud } from '../cloud/cloud.js'

let cloud: Cloud
let ec2: EC2Client
const usual = {
  imageParameter: true,
  imageAgeDays: 20,
  notOffered: {},
  disabledRegions: [],
  quotas: { 'L-DB2E81BA': 8 },
}

beforeAll(async () => {
  cloud = await startCloud({ settings: { pendingMs: 0, ...usual } })
  ec2 = ec2Of(cloud)
})
afterEach(() => void Object.assign(cloud.settings, usual))
afterAll(async () => {
  ec2.destroy()
  await cloud.close()
})

describe('the deep-learning image', () => {
  const NAME = 'Deep Learning Base OSS Nvidia Driver GPU AMI (Ubuntu 22.04)'
  const parameter = async (line: string) => {
    const Name = `/aws/service/deeplearning/ami/x86_64/${line}/latest/ami-id`
    const { Parameter } = await new SSMClient(clientOptions(cloud)).send(new GetParameterCommand({ Name }))
    return Parameter?.Value ?? ''
  }
  const named = async (name: string, state: ImageState = 'available') => {
    const Filters: Filter[] = [
      { Name: 'name', Values: [name] },
      { Name: 'state', Values: [state] },
    ]
    const { Images } = await ec2.send(new DescribeImagesCommand({ Owners: ['898082745236'], Filters }))
    return Images
  }

  it('is described by the id that its parameter has', async () => {
    cloud.settings.imageAgeDays = 3
    const id = await parameter('base-oss-nvidia-driver-gpu-ubuntu-22.04')
    const { Images } = await ec2.send(new DescribeImagesCommand({ ImageIds: [id] }))
    expect(Images).toMatchObject([
      {
        ImageId: id,
        OwnerId: '898082745236',
        State: 'available',
        RootDeviceName: '/dev/sda1',
        Architecture: 'x86_64',
        BlockDeviceMappings: [{ DeviceName: '/dev/sda1', Ebs: { VolumeSize: 75, VolumeType: 'gp3' } }],
      },
    ])
    const made = new Date(Images?.[0]?.CreationDate ?? '')
    expect(Math.round((Date.now() - made.getTime()) / 86_400_000)).toBe(3)
    expect(Images?.[0]?.Name).toBe(`${NAME} ${made.toISOString().slice(0, 10).replaceAll('-', '')}`)
  })

  it('is found by owner and name alone', async () => {
    cloud.settings.imageParameter = false
    await expect(parameter('base-oss-nvidia-driver-gpu-ubuntu-22.04')).rejects.toMatchObject({
      name: 'ParameterNotFound',
    })
    expect(await named(`${NAME} *`)).toHaveLength(1)
    expect(await named(`${NAME} *`, 'pending')).toEqual([])
    expect(await named('Deep Learning AMI (Windows) *')).toEqual([])
  })

  it('starts a machine, with a disk that is not smaller than its snapshot', async () => {
    const ImageId = await parameter('base-oss-nvidia-driver-gpu-ubuntu-24.04')
    const run = (VolumeSize: number) =>
      ec2.send(
        new RunInstancesCommand({
          ImageId,
          InstanceType: 'g6e.xlarge',
          MinCount: 1,
          MaxCount: 1,
          BlockDeviceMappings: [{ DeviceName: '/dev/sda1', Ebs: { VolumeSize, VolumeType: 'gp3' } }],
        }),
      )
    await expect(run(50)).rejects.toMatchObject({ name: 'InvalidBlockDeviceMapping' })
    expect((await run(150)).Instances).toMatchObject([{ ImageId, RootDeviceName: '/dev/sda1' }])
  })
})

describe('zones', () => {
  const zonesOf = async (type: string) => {
    const Filters = [{ Name: 'instance-type', Values: [type] }]
    const { InstanceTypeOfferings } = await ec2.send(
      new DescribeInstanceTypeOfferingsCommand({ LocationType: 'availability-zone', Filters }),
    )
    return (InstanceTypeOfferings ?? []).map(({ Location }) => Location ?? '').sort()
  }

  it('that are taken out neither offer the type nor start it', async () => {
    const [first = '', ...others] = await zonesOf('g6e.xlarge')
    cloud.settings.notOffered = { 'g6e.xlarge': [first] }
    expect(await zonesOf('g6e.xlarge')).toEqual(others)
    expect(await zonesOf('g6.xlarge')).toContain(first)
    const wish = { ImageId: 'ami-12345678', InstanceType: 'g6e.xlarge', MinCount: 1, MaxCount: 1 } as const
    const Placement = { AvailabilityZone: first }
    await expect(ec2.send(new RunInstancesCommand({ ...wish, Placement }))).rejects.toMatchObject({
      name: 'Unsupported',
      message: expect.stringContaining(`choosing ${others.join(', ')}`) as string,
    })
  })

  it('have spot prices of their own, between a third and a half of the price on demand', async () => {
    const ask = (zone?: string, platform = 'Linux/UNIX') =>
      ec2.send(
        new DescribeSpotPriceHistoryCommand({
          InstanceTypes: ['g6e.xlarge'],
          ProductDescriptions: [platform],
          StartTime: new Date(),
          ...(zone === undefined ? {} : { AvailabilityZone: zone }),
        }),
      )
    const history = (await ask()).SpotPriceHistory ?? []
    const zones = await zonesOf('g6e.xlarge')
    expect(history.map(({ AvailabilityZone }) => AvailabilityZone)).toEqual(zones)
    const parts = history.map(({ SpotPrice }) => Number(SpotPrice) / 1.861)
    expect(parts[0]).toBeCloseTo(0.35)
    expect(parts).toEqual([...parts].sort((a, b) => a - b))
    expect(Math.max(...parts)).toBeLessThanOrEqual(0.5)
    const { SpotPriceHistory } = await ask(zones[1])
    expect(SpotPriceHistory?.map(({ SpotPrice }) => SpotPrice)).toEqual([history[1]?.SpotPrice])
    expect((await ask(undefined, 'Windows')).SpotPriceHistory).toEqual([])
  })
})

it('has spot prices of all types at once', async () => {
  const { SpotPriceHistory } = await ec2.send(new DescribeSpotPriceHistoryCommand({ StartTime: new Date() }))
  expect(new Set(SpotPriceHistory?.map(({ InstanceType }) => InstanceType)).size).toBeGreaterThan(40)
})

describe('the price list', () => {
  const wish = (more: Record<string, string>) => ({
    ServiceCode: 'AmazonEC2',
    Filters: Object.entries({ regionCode: 'us-east-1', operatingSystem: 'Linux', ...more }).map(([Field, Value]) => ({
      Type: 'TERM_MATCH' as const,
      Field,
      Value,
    })),
  })

  const page = async (fields: Record<string, string>, more: { MaxResults?: number; NextToken?: string } = {}) => {
    const client = new PricingClient(clientOptions(cloud))
    const answer = await client.send(new GetProductsCommand({ ...wish(fields), ...more }))
    return { prices: ((answer.PriceList ?? []) as readonly unknown[]).map(listedPrice), next: answer.NextToken }
  }

  it('has the prices that labos ships, as AWS writes them', async () => {
    expect((await page({ instanceType: 'g6e.xlarge' })).prices).toEqual([
      { instanceType: 'g6e.xlarge', usdPerHour: 1.861 },
    ])
    expect((await page({ operatingSystem: 'Windows' })).prices).toEqual([])
  })

  it('comes in pages', async () => {
    const types: unknown[] = []
    let pages = 0
    let NextToken: string | undefined
    do {
      const { prices, next } = await page({}, { MaxResults: 30, ...(NextToken ? { NextToken } : {}) })
      types.push(...prices.map((each) => each?.instanceType))
      NextToken = next
      pages += 1
    } while (NextToken)
    expect(pages).toBe(2)
    expect(new Set(types).size).toBe(types.length)
    expect(types).toContain('p5.48xlarge')
  })
})

describe('a region that is not enabled', () => {
  it('is listed as such, and closed', async () => {
    cloud.settings.disabledRegions = ['eu-south-2']
    const statusOf = async (AllRegions: boolean) => {
      const { Regions } = await ec2.send(new DescribeRegionsCommand({ AllRegions }))
      return Regions?.find(({ RegionName }) => RegionName === 'eu-south-2')?.OptInStatus
    }
    expect(await statusOf(true)).toBe('not-opted-in')
    expect(await statusOf(false)).toBeUndefined()
    const far = ec2Of(cloud, 'eu-south-2')
    await expect(far.send(new DescribeImagesCommand({ Owners: ['amazon'] }))).rejects.toMatchObject({
      name: 'AuthFailure',
      $metadata: { httpStatusCode: 401 },
    })
    const quotas = new ServiceQuotasClient(clientOptions(cloud, 'eu-south-2'))
    await expect(
      quotas.send(new GetServiceQuotaCommand({ ServiceCode: 'ec2', QuotaCode: 'L-DB2E81BA' })),
    ).rejects.toMatchObject({ name: 'UnrecognizedClientException' })
    const sts = new STSClient(clientOptions(cloud, 'eu-south-2'))
    await expect(sts.send(new GetCallerIdentityCommand({}))).rejects.toMatchObject({ name: 'InvalidClientTokenId' })
  })
})
