/** What goes wrong on the way to AWS, by the real SDK. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { awsOpener } from '../../../../src/adapters/aws/open-aws.js'
import { interrupted } from '../../../../src/errors/interrupted.js'
import type { AwsRegion, Ec2 } from '../../../../src/cloud-ports.js'
import type { Fetch } from '../../../../src/ports.js'
import { type Answer, awsServer, refusal, withCredentials, xml } from '../../../fakes/aws-server.js'
import { deadAddress, serve } from '../../../fakes/http-server.js'
import { tempDir } from '../../../fakes/temp-dir.js'

const signal = new AbortController().signal
const oneRegion = xml('DescribeRegions', '<regionInfo><item><regionName>eu-west-1</regionName></item></regionInfo>')

const ec2In = async (more: Partial<Parameters<typeof awsOpener>[0]> = {}): Promise<Ec2> =>
  (await awsOpener({ fetch: globalThis.fetch, retryPauseMs: 1, ...more })('us-east-1')).ec2

const regions = async (more: Partial<Parameters<typeof awsOpener>[0]> = {}): Promise<readonly AwsRegion[]> =>
  (await ec2In(more)).regions(signal)

const without = (...names: readonly string[]): void => {
  for (const name of names) vi.stubEnv(name, undefined)
}

afterEach(() => vi.unstubAllEnvs())

describe('an answer that is a refusal', () => {
  it.each([
    [refusal('UnauthorizedOperation'), 'aws.refused', 'AWS refuses ec2:DescribeRegions in us-east-1 (Unauthorized'],
    [
      refusal('UnauthorizedOperation', 403, 'with an explicit deny in a service control policy'),
      'aws.refused',
      '(UnauthorizedOperation, by a service control policy).',
    ],
    [refusal('OptInRequired', 403), 'aws.region', 'us-east-1 is not enabled for this account (OptInRequired).'],
    [refusal('InvalidParameterValue', 400), 'aws.refused', 'ec2:DescribeRegions in us-east-1: InvalidParameterValue.'],
    [refusal('AuthFailure', 401), 'aws.credentials', 'AWS does not take the credentials (AuthFailure in us-east-1).'],
    [refusal('SignatureDoesNotMatch'), 'aws.credentials', 'AWS does not take the credentials'],
    [refusal('RequestExpired', 400), 'aws.credentials', 'The AWS session has expired (RequestExpired).'],
    [refusal('ExpiredToken', 400), 'aws.credentials', 'The AWS session has expired (ExpiredToken).'],
  ])('%j ends in %s', async (answer, code, message) => {
    const asked = await awsServer({ DescribeRegions: [answer] })
    await expect(regions()).rejects.toMatchObject({ code, message: expect.stringContaining(message) as string })
    expect(asked).toHaveLength(1)
  })

  it('of the price list names the permission', async () => {
    await awsServer({
      GetProducts: [{ status: 400, body: JSON.stringify({ __type: 'AccessDeniedException', message: 'no' }) }],
    })
    const { pricing } = await awsOpener({ fetch: globalThis.fetch })('eu-west-1')
    await expect(pricing.onDemand('eu-west-1', signal)).rejects.toMatchObject({
      code: 'aws.refused',
      exit: 5,
      message: expect.stringContaining('pricing:GetProducts') as string,
    })
  })
})

describe('trouble that passes', () => {
  it.each([
    ['it is busy', refusal('RequestLimitExceeded', 503)],
    ['it has a fault', refusal('InternalError', 500)],
  ])('is tried again: %s', async (_what, first) => {
    const asked = await awsServer({ DescribeRegions: [first, first, oneRegion] })
    expect(await regions()).toEqual([{ name: 'eu-west-1', isEnabled: true }])
    expect(asked).toHaveLength(3)
  })

  it.each([
    ['busy for long', refusal('RequestLimitExceeded', 503), 7, 'AWS asks to slow down'],
    ['a fault that stays', refusal('InternalError', 500), 3, 'AWS has a fault (InternalError, HTTP 500)'],
    ['a login page', { body: '<html>Log in!' }, 1, 'What answers does not speak like AWS'],
  ] as const)('is given up some time: %s', async (_what, answer: Answer, tries, message) => {
    const asked = await awsServer({ DescribeRegions: [answer] })
    await expect(regions()).rejects.toMatchObject({
      code: 'aws.unreachable',
      message: expect.stringContaining(message) as string,
    })
    expect(asked).toHaveLength(tries)
  })

  it('is not half an answer: pages without end are an error', async () => {
    const asked = await awsServer({
      DescribeInstanceTypes: [xml('DescribeInstanceTypes', '<instanceTypeSet/>', 'again')],
    })
    await expect((await ec2In()).gpuTypes(signal)).rejects.toMatchObject({ code: 'aws.unreachable' })
    expect(asked).toHaveLength(60)
  })
})

describe('a connection', () => {
  it('that cannot be made is said to be that', async () => {
    withCredentials(await deadAddress())
    await expect(regions()).rejects.toMatchObject({
      code: 'aws.unreachable',
      message: expect.stringContaining('ECONNREFUSED') as string,
    })
  })

  it('on which nothing comes is given up, after two tries', async () => {
    let tries = 0
    withCredentials(await serve(() => void (tries += 1)))
    await expect(regions({ requestMs: 500 })).rejects.toMatchObject({
      code: 'aws.unreachable',
      message: expect.stringContaining('no answer within 0.5 s') as string,
    })
    expect(tries).toBe(2)
  })

  it('on which an answer stops half way is given up too', async () => {
    withCredentials(await serve((_request, response) => void response.writeHead(200).write('<Describe')))
    await expect(regions({ requestMs: 20 })).rejects.toMatchObject({ code: 'aws.unreachable' })
  })

  it('ends with Ctrl-C, as an interruption', async () => {
    const control = new AbortController()
    withCredentials(await serve(() => control.abort(interrupted('Ctrl-C'))))
    await expect((await ec2In()).regions(control.signal)).rejects.toMatchObject({ code: 'interrupted', exit: 130 })
  })

  it('goes by the fetch it is given, which knows the proxies', async () => {
    await awsServer({ DescribeRegions: [oneRegion] })
    const seen: string[] = []
    const fetch: Fetch = (input, init) => {
      seen.push(input instanceof Request ? input.url : input.toString())
      return globalThis.fetch(input, init)
    }
    await regions({ fetch })
    expect(seen).toEqual([expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/$/)])
  })
})

describe('without credentials', () => {
  it('AWS is not asked at all', async () => {
    const asked = await awsServer({})
    vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true')
    without('AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY')
    await expect(regions()).rejects.toMatchObject({
      code: 'aws.credentials',
      exit: 3,
      message: expect.stringContaining('neither in the environment nor in a profile') as string,
    })
    expect(asked).toEqual([])
  })

  it('the profile that gave none is named, and the SDK warns of nothing', async () => {
    await awsServer({})
    vi.stubEnv('AWS_PROFILE', 'nobody')
    vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true')
    await expect(regions()).rejects.toMatchObject({
      code: 'aws.credentials',
      message: expect.stringContaining('the profile "nobody" gave none') as string,
    })
  })

  it('of a login that is over, logging in is what to do', async () => {
    await awsServer({})
    const file = join(tempDir(), 'config')
    writeFileSync(
      file,
      `[profile work]\nsso_session = s\nsso_account_id = 1\nsso_role_name = r\n[sso-session s]\nsso_region = us-east-1\nsso_start_url = https://labos.example/start\n`,
    )
    vi.stubEnv('AWS_CONFIG_FILE', file)
    without('AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY')
    vi.stubEnv('AWS_PROFILE', 'work')
    await expect(regions()).rejects.toMatchObject({
      code: 'aws.credentials',
      suggestions: [expect.stringContaining('aws sso login') as string, expect.anything() as string],
    })
  })
})
