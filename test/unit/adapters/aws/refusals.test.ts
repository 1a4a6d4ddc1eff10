/** Refusals on the way to a machine, by the real SDK: which error they are, and what it tells. */
import { afterEach, describe, expect, it, vi } from 'vitest'
import { awsOpener } from '../../../../src/adapters/aws/open-aws.js'
import type { Aws } from '../../../../src/cloud-ports.js'
import { LabosError } from '../../../../src/errors/labos-error.js'
import { type Answer, awsServer, refusal, xml } from '../../../fakes/aws-server.js'

const signal = new AbortController().signal
const open = (region = 'us-east-1'): Promise<Aws> => awsOpener({ fetch: globalThis.fetch, retryPauseMs: 1 })(region)

async function failureOf(answer: Answer, more: Record<string, readonly Answer[]> = {}, region?: string) {
  const asked = await awsServer({ DescribeInstances: [answer], ...more })
  const { launch } = await open(region)
  const error: unknown = await launch.vcpusInUse(signal).catch((thrown: unknown) => thrown)
  if (!(error instanceof LabosError)) throw new Error(`not one of ours: ${String(error)}`)
  return { error, asked }
}

afterEach(() => vi.unstubAllEnvs())

describe('a refusal', () => {
  it.each([
    ['InsufficientInstanceCapacity', 400, 'capacity.none', 'AWS has no such machine free in us-east-1'],
    ['Unsupported', 400, 'capacity.none', 'does not offer this machine'],
    ['MaxSpotInstanceCountExceeded', 400, 'quota.vcpu', "The account's quota in us-east-1"],
    ['VolumeLimitExceeded', 400, 'quota.other', 'A limit of the account is reached in us-east-1'],
    ['SecurityGroupLimitExceeded', 400, 'quota.other', 'SecurityGroupLimitExceeded'],
    ['AddressLimitExceeded', 400, 'quota.other', 'AddressLimitExceeded'],
    ['InstanceLimitExceeded', 400, 'quota.other', 'InstanceLimitExceeded'],
    ['IncorrectInstanceState', 400, 'machine.state', 'in the state that things are in'],
    ['OperationNotPermitted', 400, 'machine.state', 'OperationNotPermitted'],
    ['UnsupportedOperation', 400, 'machine.state', 'UnsupportedOperation'],
    ['DependencyViolation', 400, 'machine.state', 'still in use'],
    ['InvalidInstanceID.NotFound', 400, 'machine.gone', 'AWS knows none of that id'],
    ['InsufficientFreeAddressesInSubnet', 400, 'aws.network', 'no free address left'],
    ['VPCIdNotSpecified', 400, 'aws.network', 'There is no network in us-east-1'],
    ['PendingVerification', 400, 'aws.refused', 'AWS does not serve this account'],
    ['Blocked', 403, 'aws.refused', 'AWS does not serve this account'],
    ['IdempotentParameterMismatch', 400, 'aws.refused', 'IdempotentParameterMismatch'],
    ['InvalidGroup.Duplicate', 400, 'aws.refused', 'InvalidGroup.Duplicate'],
    ['SpotMaxPriceTooLow', 400, 'capacity.none', 'SpotMaxPriceTooLow'],
    ['OptInRequired', 403, 'aws.region', 'us-east-1 is not enabled'],
    ['Unavailable', 503, 'aws.unreachable', 'AWS has a fault (Unavailable, HTTP 503)'],
  ])('%s (%i) is %s', async (name, status, code, message) => {
    const { error } = await failureOf(refusal(name, status))
    expect(error).toMatchObject({ code, message: expect.stringContaining(message) as string })
    expect(error.suggestions.join(' ')).not.toBe('')
    expect(error.cause).toMatchObject({ name })
  })

  it('of a quota tells the limit that AWS tells, and how to ask for more', async () => {
    const says =
      'You have requested more vCPU capacity than your current vCPU limit of 4 allows for the instance bucket'
    const { error } = await failureOf(refusal('VcpuLimitExceeded', 400, says))
    expect(error.message).toContain('the limit is 4 vCPUs')
    expect(error.suggestions.join(' ')).toContain('`labos quota request --region us-east-1 --vcpus N`')
  })

  it('of a free-plan account says that it is one', async () => {
    const says = 'The specified instance type is not eligible for Free Tier.'
    const { error } = await failureOf(refusal('InvalidParameterCombination', 400, says))
    expect(error).toMatchObject({ code: 'aws.freeplan', exit: 5 })
  })
})

describe('a permission that is missing', () => {
  it('is the one that AWS names, where it names one', async () => {
    const says =
      'User: arn:aws:iam::1:user/me is not authorized to perform: ec2:CreateTags on resource: x with an explicit deny in a permissions boundary'
    const { error } = await failureOf(refusal('UnauthorizedOperation', 403, says))
    expect(error.message).toBe(
      'AWS refuses ec2:CreateTags in us-east-1 (UnauthorizedOperation, by a permissions boundary).',
    )
    expect(error.suggestions[0]).toContain('labos iam-policy')
  })

  it.each([
    ['AuthFailure.ServiceLinkedRoleCreationNotPermitted', 'create-service-linked-role'],
    ['TagPolicyViolation', 'labos:'],
  ])('behind %s has a remedy of its own', async (name, remedy) => {
    const { error } = await failureOf(refusal(name, 403))
    expect(error.code).toBe('aws.refused')
    expect(error.suggestions[0]).toContain(remedy)
  })

  const ENCODED = 'You are not authorized to perform this operation. Encoded authorization failure message: abc-DEF_1'
  const decoded = (text: string): Answer => ({
    body: `<DecodeAuthorizationMessageResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><DecodeAuthorizationMessageResult><DecodedMessage>${text}</DecodedMessage></DecodeAuthorizationMessageResult></DecodeAuthorizationMessageResponse>`,
  })

  it.each([
    [true, 'a policy forbids it outright'],
    [false, 'no policy allows it'],
  ])('is decoded by AWS where it may be asked (explicit deny: %s)', async (explicitDeny, how) => {
    const text = JSON.stringify({ explicitDeny, context: { action: 'ec2:RunInstances', resource: 'arn:a:instance/*' } })
    const { error, asked } = await failureOf(refusal('UnauthorizedOperation', 403, ENCODED), {
      DecodeAuthorizationMessage: [decoded(text)],
    })
    expect(error.message).toBe(`AWS refuses ec2:RunInstances on arn:a:instance/* in us-east-1: ${how}.`)
    expect(asked).toEqual(['DescribeInstances', 'DecodeAuthorizationMessage'])
  })

  it.each([
    ['may not be asked', { status: 403, body: denial('AccessDenied') }],
    ['does not know how', { status: 404, body: '<html>' }],
    ['says nothing that can be read', decoded('?')],
  ])('stays as it is where AWS %s, and says how to decode it', async (_what, answer) => {
    const { error } = await failureOf(refusal('UnauthorizedOperation', 403, ENCODED), {
      DecodeAuthorizationMessage: [answer],
    })
    expect(error.message).toBe('AWS refuses ec2:DescribeInstances in us-east-1 (UnauthorizedOperation).')
    expect(error.suggestions.join(' ')).toContain('aws sts decode-authorization-message')
  })
})

describe('keys that a region does not take', () => {
  const regions = (status: string): Answer =>
    xml(
      'DescribeRegions',
      `<regionInfo><item><regionName>me-south-1</regionName><optInStatus>${status}</optInStatus></item></regionInfo>`,
    )

  it('are those of an account that has not enabled it', async () => {
    const { error, asked } = await failureOf(
      refusal('AuthFailure', 401),
      { DescribeRegions: [regions('not-opted-in')] },
      'me-south-1',
    )
    expect(error).toMatchObject({ code: 'aws.region', message: 'me-south-1 is not enabled for this account.' })
    expect(asked).toEqual(['DescribeInstances', 'DescribeRegions'])
  })

  it.each([
    ['it is enabled', regions('opted-in')],
    ['nobody says whether it is', refusal('AuthFailure', 401)],
  ])('are wrong where %s', async (_what, answer) => {
    const { error } = await failureOf(refusal('AuthFailure', 401), { DescribeRegions: [answer] }, 'me-south-1')
    expect(error.code).toBe('aws.credentials')
  })
})

function denial(code: string): string {
  return `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>no</Message></Error><RequestId>r</RequestId></ErrorResponse>`
}
