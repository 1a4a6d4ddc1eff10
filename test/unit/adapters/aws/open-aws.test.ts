/** The real AWS SDK against an HTTP server that speaks AWS's protocols, as far as labos asks. */
import { afterEach, describe, expect, it, vi } from 'vitest'
import { awsOpener } from '../../../../src/adapters/aws/open-aws.js'
import type { OpenAws } from '../../../../src/cloud-ports.js'
import { awsServer, type Answer, xml } from '../../../fakes/aws-server.js'

const signal = new AbortController().signal
const openAws: OpenAws = (region) => awsOpener({ fetch: globalThis.fetch })(region)

const type = (name: string, gpu: string): string =>
  `<item><instanceType>${name}</instanceType><vCpuInfo><defaultVCpus>8</defaultVCpus></vCpuInfo><memoryInfo><sizeInMiB>32768</sizeInMiB></memoryInfo><instanceStorageInfo><totalSizeInGB>450</totalSizeInGB></instanceStorageInfo><processorInfo><supportedArchitectures><item>x86_64</item></supportedArchitectures></processorInfo><networkInfo><networkCards><item><baselineBandwidthInGbps>5</baselineBandwidthInGbps></item></networkCards></networkInfo>${gpu}</item>`
const gpu = (manufacturer: string, name: string, count: number): string =>
  `<gpuInfo><gpus><item><name>${name}</name><manufacturer>${manufacturer}</manufacturer><count>${String(count)}</count><memoryInfo><sizeInMiB>22888</sizeInMiB></memoryInfo></item></gpus></gpuInfo>`

const product = (instanceType: string, ...prices: readonly (readonly [string, string])[]): string =>
  JSON.stringify({
    product: { attributes: { instanceType } },
    terms: {
      OnDemand: {
        T: {
          priceDimensions: Object.fromEntries(
            prices.map(([unit, USD], index) => [String(index), { unit, pricePerUnit: { USD } }]),
          ),
        },
      },
    },
  })

afterEach(() => vi.unstubAllEnvs())

describe('EC2', () => {
  it('tells of types with whole NVIDIA GPUs, over all pages', async () => {
    const asked = await awsServer({
      DescribeInstanceTypes: [
        xml(
          'DescribeInstanceTypes',
          `<instanceTypeSet>${type('g6.2xlarge', gpu('NVIDIA', 'L4', 1))}${type('m5.large', '')}</instanceTypeSet>`,
          'p2',
        ),
        xml(
          'DescribeInstanceTypes',
          `<instanceTypeSet>${type('g4ad.xlarge', gpu('AMD', 'Radeon', 1))}${type('g6f.large', gpu('NVIDIA', 'L4', 0))}</instanceTypeSet>`,
        ),
      ],
    })
    const { ec2 } = await openAws('us-east-1')
    expect(await ec2.gpuTypes(signal)).toEqual([
      {
        instanceType: 'g6.2xlarge',
        gpuName: 'L4',
        gpuCount: 1,
        gpuMemoryMiB: 22_888,
        vcpus: 8,
        memoryGiB: 32,
        nvmeGB: 450,
        networkGbps: 5,
        architecture: 'x86_64',
      },
    ])
    expect(asked).toEqual(['DescribeInstanceTypes', 'DescribeInstanceTypes p2'])
  })

  it('counts the zones of each type', async () => {
    const offering = (name: string, zone: string): string =>
      `<item><instanceType>${name}</instanceType><locationType>availability-zone</locationType><location>${zone}</location></item>`
    await awsServer({
      DescribeInstanceTypeOfferings: [
        xml(
          'DescribeInstanceTypeOfferings',
          `<instanceTypeOfferingSet>${offering('g6.xlarge', 'us-east-1a')}${offering('g6.xlarge', 'us-east-1b')}${offering('g5.xlarge', 'us-east-1a')}${offering('g5.xlarge', 'us-east-1-bos-1a')}</instanceTypeOfferingSet>`,
        ),
      ],
    })
    const { ec2 } = await openAws('us-east-1')
    expect(Object.fromEntries(await ec2.zones(signal))).toEqual({ 'g6.xlarge': 2, 'g5.xlarge': 1 })
  })

  it('gives the spot price of the cheapest zone, by what is newest of each', async () => {
    const price = (zone: string, usd: string, at: string): string =>
      `<item><instanceType>g6.xlarge</instanceType><availabilityZone>${zone}</availabilityZone><spotPrice>${usd}</spotPrice><timestamp>${at}</timestamp></item>`
    await awsServer({
      DescribeSpotPriceHistory: [
        xml(
          'DescribeSpotPriceHistory',
          `<spotPriceHistorySet>${price('us-east-1a', '0.10', '2026-01-01T00:00:00Z')}${price('us-east-1a', '0.50', '2026-01-02T00:00:00Z')}${price('us-east-1b', '0.40', '2026-01-01T00:00:00Z')}${price('us-east-1-bos-1a', '0.01', '2026-01-03T00:00:00Z')}</spotPriceHistorySet>`,
        ),
      ],
    })
    const { ec2 } = await openAws('us-east-1')
    expect(Object.fromEntries(await ec2.spotPrices(['g6.xlarge'], signal))).toEqual({ 'g6.xlarge': 0.4 })
  })

  it('tells of regions, and of those the account may not use', async () => {
    const region = (name: string, status: string): string =>
      `<item><regionName>${name}</regionName><optInStatus>${status}</optInStatus></item>`
    await awsServer({
      DescribeRegions: [
        xml(
          'DescribeRegions',
          `<regionInfo>${region('us-east-1', 'opt-in-not-required')}${region('me-south-1', 'not-opted-in')}${region('eu-south-2', 'opted-in')}</regionInfo>`,
        ),
      ],
    })
    const { ec2 } = await openAws('us-east-1')
    expect(await ec2.regions(signal)).toEqual([
      { name: 'eu-south-2', isEnabled: true },
      { name: 'me-south-1', isEnabled: false },
      { name: 'us-east-1', isEnabled: true },
    ])
  })
})

const page = (PriceList: readonly string[], NextToken?: string): Answer => ({
  body: JSON.stringify({ FormatVersion: 'aws_v1', PriceList, NextToken }),
})

describe('the price list', () => {
  it('gives a price only where there is exactly one by the hour', async () => {
    const asked = await awsServer({
      GetProducts: [
        page([product('g6.xlarge', ['Hrs', '0.80']), product('g6.2xlarge', ['Hrs', '0'], ['Hrs', '0.98'])], 'p2'),
        page([
          product('two', ['Hrs', '1'], ['Hrs', '2']),
          product('none', ['Quantity', '1']),
          '{broken',
          product('free', ['Hrs', '0.00']),
        ]),
      ],
    })
    const { pricing } = await openAws('eu-west-1')
    expect(Object.fromEntries(await pricing.onDemand('eu-west-1', signal))).toEqual({
      'g6.xlarge': 0.8,
      'g6.2xlarge': 0.98,
    })
    expect(asked).toEqual(['GetProducts', 'GetProducts p2'])
  })

  it('has no price for a type that is listed at two', async () => {
    await awsServer({
      GetProducts: [
        page([product('same', ['Hrs', '1']), product('same', ['Hrs', '1.0']), product('other', ['Hrs', '1'])], 'p2'),
        page([product('other', ['Hrs', '2'])]),
      ],
    })
    const { pricing } = await openAws('eu-west-1')
    expect(Object.fromEntries(await pricing.onDemand('eu-west-1', signal))).toEqual({ same: 1 })
  })
})
