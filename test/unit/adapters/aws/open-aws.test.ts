/** The real AWS SDK against an HTTP server that speaks AWS's protocols, as far as labos asks. */
import type { IncomingMessage } from 'node:http'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { openAws } from '../../../../src/adapters/aws/open-aws.js'
import { deadAddress, serve } from '../../../fakes/http-server.js'

const signal = new AbortController().signal

interface Answer {
  readonly status?: number
  readonly body: string
}

/** What was asked, oldest first: the action, or the target of the Pricing API, and the token of the page. */
let asked: string[] = []

/** Answers each action in turn; the last one again and again. */
async function aws(answers: Readonly<Record<string, readonly Answer[]>>): Promise<void> {
  const turns = new Map(Object.entries(answers).map(([action, all]) => [action, [...all]]))
  const address = await serve((request, response) => {
    void textOf(request).then((body) => {
      const form = new URLSearchParams(body)
      const action = form.get('Action') ?? String(request.headers['x-amz-target']).split('.').at(-1) ?? ''
      const token = form.get('NextToken') ?? /"NextToken":"([^"]+)"/.exec(body)?.[1]
      asked.push(token === undefined ? action : `${action} ${token}`)
      const turn = turns.get(action) ?? []
      const answer = (turn.length > 1 ? turn.shift() : turn[0]) ?? { status: 500, body: 'unexpected' }
      response.writeHead(answer.status ?? 200, {
        'content-type': answer.body.startsWith('{') ? 'application/x-amz-json-1.1' : 'text/xml',
      })
      response.end(answer.body)
    })
  })
  vi.stubEnv('AWS_ENDPOINT_URL', address)
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = ''
  for await (const piece of request) text += String(piece)
  return text
}

const xml = (action: string, content: string, next = ''): Answer => ({
  body: `<${action}Response xmlns="http://ec2.amazonaws.com/doc/2016-11-15/">${content}${next === '' ? '' : `<nextToken>${next}</nextToken>`}</${action}Response>`,
})
const refusal = (code: string, status = 403): Answer => ({
  status,
  body: `<Response><Errors><Error><Code>${code}</Code><Message>no</Message></Error></Errors><RequestID>r</RequestID></Response>`,
})

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

beforeEach(() => {
  asked = []
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'test')
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test')
  vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true')
})
afterEach(() => vi.unstubAllEnvs())

describe('EC2', () => {
  it('tells of types with whole NVIDIA GPUs, over all pages', async () => {
    await aws({
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
    await aws({
      DescribeInstanceTypeOfferings: [
        xml(
          'DescribeInstanceTypeOfferings',
          `<instanceTypeOfferingSet>${offering('g6.xlarge', 'a')}${offering('g6.xlarge', 'b')}${offering('g5.xlarge', 'a')}</instanceTypeOfferingSet>`,
        ),
      ],
    })
    const { ec2 } = await openAws('us-east-1')
    expect(Object.fromEntries(await ec2.zones(signal))).toEqual({ 'g6.xlarge': 2, 'g5.xlarge': 1 })
  })

  it('gives the spot price of the cheapest zone, by what is newest of each', async () => {
    const price = (zone: string, usd: string, at: string): string =>
      `<item><instanceType>g6.xlarge</instanceType><availabilityZone>${zone}</availabilityZone><spotPrice>${usd}</spotPrice><timestamp>${at}</timestamp></item>`
    await aws({
      DescribeSpotPriceHistory: [
        xml(
          'DescribeSpotPriceHistory',
          `<spotPriceHistorySet>${price('a', '0.10', '2026-01-01T00:00:00Z')}${price('a', '0.50', '2026-01-02T00:00:00Z')}${price('b', '0.40', '2026-01-01T00:00:00Z')}</spotPriceHistorySet>`,
        ),
      ],
    })
    const { ec2 } = await openAws('us-east-1')
    expect(Object.fromEntries(await ec2.spotPrices(['g6.xlarge'], signal))).toEqual({ 'g6.xlarge': 0.4 })
  })

  it('is asked again when it is busy', async () => {
    await aws({
      DescribeRegions: [
        refusal('RequestLimitExceeded', 503),
        xml('DescribeRegions', '<regionInfo><item><regionName>eu-west-1</regionName></item></regionInfo>'),
      ],
    })
    const { ec2 } = await openAws('us-east-1')
    expect(await ec2.regions(signal)).toEqual(['eu-west-1'])
    expect(asked).toHaveLength(2)
  })

  it.each([
    ['UnauthorizedOperation', 'aws.refused', /refuses ec2:DescribeRegions in us-east-1/],
    ['AuthFailure', 'aws.credentials', /does not take the credentials/],
    ['RequestExpired', 'aws.credentials', /does not take the credentials/],
    ['InvalidParameterValue', 'aws.unreachable', /gave no answer to ec2:DescribeRegions/],
  ])('with %s ends in %s', async (code, ours, message) => {
    await aws({ DescribeRegions: [refusal(code)] })
    const { ec2 } = await openAws('us-east-1')
    await expect(ec2.regions(signal)).rejects.toMatchObject({
      code: ours,
      message: expect.stringMatching(message) as string,
    })
  })

  it('that is not there is said so', async () => {
    vi.stubEnv('AWS_ENDPOINT_URL', await deadAddress())
    const { ec2 } = await openAws('us-east-1')
    await expect(ec2.regions(signal)).rejects.toMatchObject({ code: 'aws.unreachable' })
  })

  it('without credentials is not asked at all', async () => {
    await aws({})
    for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_PROFILE']) vi.stubEnv(name, undefined)
    const { ec2 } = await openAws('us-east-1')
    await expect(ec2.regions(signal)).rejects.toMatchObject({ code: 'aws.credentials', exit: 3 })
    expect(asked).toEqual([])
  })
})

describe('the price list', () => {
  it('gives a price only where there is exactly one by the hour', async () => {
    const page = (PriceList: readonly string[], NextToken?: string): Answer => ({
      body: JSON.stringify({ FormatVersion: 'aws_v1', PriceList, NextToken }),
    })
    await aws({
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

  it('that is not allowed names the permission', async () => {
    await aws({
      GetProducts: [{ status: 400, body: JSON.stringify({ __type: 'AccessDeniedException', message: 'no' }) }],
    })
    const { pricing } = await openAws('eu-west-1')
    await expect(pricing.onDemand('eu-west-1', signal)).rejects.toMatchObject({
      code: 'aws.refused',
      exit: 5,
      message: expect.stringContaining('pricing:GetProducts') as string,
    })
  })
})
