/** What EC2 may say to the calls of `up`: which error it is, that it names place and need, and what to do first. */
import { describe, expect, it } from 'vitest'
import type { Attempt } from '../../../../infra/spec.js'
import { exitOf } from '../../../../src/errors/codes.js'
import { isWorthAnotherRegion, notMade } from '../../../../src/provision/aws/failure.js'
import type { Refused } from '../../../../src/provision/aws/meaning.js'

const disk = { sizeGB: 100, throughputMBps: 125 }
const attempt = (code: string, zone = 'eu-west-1a', market: 'on-demand' | 'spot' = 'on-demand'): Attempt => ({
  code,
  rung: { instanceType: 'g6.2xlarge', market, zone, disk },
})

const failed = (code: string, message: string, more: Partial<Refused> = {}): Refused => ({
  code,
  message,
  permission: 'ec2:RunInstances',
  region: 'eu-west-1',
  logs: '/home/me/labs/one/stack/runs',
  tried: [attempt(code)],
  ...more,
})

const LIMIT =
  'You have requested more vCPU capacity than your current vCPU limit of 4 allows for the instance bucket that the specified instance type belongs to.'
const FREE = 'The specified instance type is not eligible for Free Tier.'
const SCP =
  'User: arn:aws:iam::1:user/me is not authorized to perform: ec2:RunInstances with an explicit deny in a service control policy'
const TERMS = 'In order to use this AWS Marketplace product you need to accept terms and subscribe.'

/** AWS's code and words; our code; what the message says; the first suggestion; whether the next region is tried. */
const ROWS: readonly (readonly [string, string, string, string, string, boolean])[] = [
  ['InsufficientInstanceCapacity', '', 'capacity.none', 'tried g6.2xlarge in eu-west-1a', '--wait-capacity', true],
  ['InsufficientHostCapacity', '', 'capacity.none', 'no such machine free', '--wait-capacity', true],
  ['InsufficientCapacity', '', 'capacity.none', 'no such machine free', '--wait-capacity', true],
  ['UnfulfillableCapacity', '', 'capacity.none', 'no such machine free', '--wait-capacity', true],
  ['InsufficientVolumeCapacity', '', 'capacity.none', 'no such machine free', '--wait-capacity', true],
  ['ReservationCapacityExceeded', '', 'capacity.none', 'no such machine free', '--wait-capacity', true],
  ['SpotMaxPriceTooLow', '', 'capacity.none', 'no such machine free', '--wait-capacity', true],
  ['SpotInstanceTermination', 'ended', 'capacity.none', 'no such machine free', '--wait-capacity', true],
  ['Server.InsufficientInstanceCapacity', '', 'capacity.none', 'no such machine free', '--wait-capacity', true],
  ['InsufficientFreeAddressesInSubnet', '', 'aws.network', 'no free address left: tried g6', '--subnet ID', true],
  ['Unsupported', 'not there', 'capacity.none', 'does not offer such a machine', 'labos prices', true],
  ['InvalidInstanceType', 'no', 'capacity.none', 'does not offer such a machine', 'labos prices', true],
  ['UnsupportedOperation', 'arm64', 'machine.failed', 'UnsupportedOperation: arm64', '--instance-type', false],
  ['VcpuLimitExceeded', LIMIT, 'quota.vcpu', 'needs 8 vCPUs of', 'quota request --region eu-west-1 --vcpus 12`', true],
  ['MaxSpotInstanceCountExceeded', 'no', 'quota.vcpu', 'over the limit', 'quota request --region eu-west-1', true],
  ['InstanceLimitExceeded', 'many', 'quota.other', 'A limit of the account', 'labos gc --region eu-west-1', true],
  ['MaxFleetCountExceeded', 'many', 'quota.other', 'MaxFleetCountExceeded: many', 'labos gc', true],
  ['VolumeLimitExceeded', '50 TiB', 'quota.other', 'VolumeLimitExceeded: 50 TiB', 'labos gc', true],
  ['MaxIOPSLimitExceeded', '', 'quota.other', 'MaxIOPSLimitExceeded', 'labos gc', true],
  ['SecurityGroupLimitExceeded', '', 'quota.other', 'SecurityGroupLimitExceeded', 'labos gc', true],
  ['NetworkInterfaceLimitExceeded', '', 'quota.other', 'NetworkInterfaceLimitExceeded', 'labos gc', true],
  ['AddressLimitExceeded', '', 'quota.other', 'AddressLimitExceeded', 'labos gc', true],
  ['VpcLimitExceeded', '', 'quota.other', 'VpcLimitExceeded', 'labos gc', true],
  ['InvalidParameterCombination', FREE, 'aws.freeplan', 'free plan', 'paid plan', false],
  ['InvalidParameterCombination', 'subnet twice', 'machine.failed', 'subnet twice', '--instance-type', false],
  ['InvalidParameterValue', 'User data is limited to 16384 bytes', 'machine.failed', '16384', '--instance-type', false],
  ['InvalidUserData.Malformed', 'long', 'machine.failed', 'long', '--instance-type', false],
  ['IdempotentParameterMismatch', '', 'machine.failed', 'just now', 'same command again', false],
  ['UnauthorizedOperation', 'no', 'aws.refused', 'AWS refuses ec2:RunInstances', 'labos iam-policy', false],
  ['UnauthorizedOperation', SCP, 'aws.refused', 'by a service control policy', 'keeps the service control', false],
  ['AccessDenied', 'no', 'aws.refused', 'AWS refuses ec2:RunInstances', 'labos iam-policy', false],
  ['AccessDeniedException', 'no', 'aws.refused', 'AWS refuses ec2:RunInstances', 'labos iam-policy', false],
  ['TagPolicyViolation', 'no', 'aws.refused', 'TagPolicyViolation', 'begin with `labos:`', false],
  ['AuthFailure.ServiceLinkedRoleCreationNotPermitted', '', 'aws.refused', 'Role', 'create-service-linked-role', false],
  ['AuthFailure', 'no', 'aws.credentials', 'does not take the credentials', 'get-caller-identity', false],
  ['InvalidClientTokenId', 'no', 'aws.credentials', 'does not take the credentials', 'get-caller-identity', false],
  ['UnrecognizedClientException', '', 'aws.credentials', 'does not take', 'get-caller-identity', false],
  ['SignatureDoesNotMatch', 'no', 'aws.credentials', 'does not take', 'get-caller-identity', false],
  ['RequestExpired', 'no', 'aws.credentials', 'has expired before ec2:RunInstances', 'aws sso login', false],
  ['ExpiredToken', 'no', 'aws.credentials', 'has expired', 'aws sso login', false],
  ['OptInRequired', 'no', 'aws.region', 'is not enabled', 'enable-region --region-name eu-west-1', true],
  ['OptInRequired', TERMS, 'aws.refused', 'Marketplace', 'Accept the terms', false],
  ['PendingVerification', 'no', 'aws.refused', 'does not serve this account', 'still looking at the account', true],
  ['Blocked', 'no', 'aws.refused', 'does not serve this account', 'AWS support', false],
  ['AccountDisabled', 'no', 'aws.refused', 'does not serve this account', 'AWS support', false],
  ['RequestLimitExceeded', 'slow', 'aws.unreachable', 'slow down, again and again: ec2:RunI', 'some minutes', false],
  ['InternalError', 'oh', 'aws.unreachable', 'a fault with ec2:RunInstances', 'same command again', false],
  ['ServerInternal', 'oh', 'aws.unreachable', 'a fault with', 'same command again', false],
  ['ServiceUnavailable', 'oh', 'aws.unreachable', 'a fault with', 'same command again', false],
  ['Unavailable', 'oh', 'aws.unreachable', 'a fault with', 'same command again', false],
  ['NoAnswer', 'socket', 'aws.unreachable', 'did not answer ec2:RunInstances', 'same command again', false],
  ['InvalidAMIID.NotFound', 'ami-1', 'aws.image', 'cannot be used', 'looked up anew', true],
  ['InvalidAMIID.Unavailable', 'ami-1', 'aws.image', 'cannot be used', 'looked up anew', true],
  ['InvalidGroup.NotFound', 'sg-1', 'machine.failed', 'just now: InvalidGroup', 'same command again', false],
  ['InvalidGroup.Duplicate', 'sg-1', 'machine.failed', 'just now: InvalidGroup', 'same command again', false],
  ['DependencyViolation', 'sg-1', 'machine.failed', 'just now', 'same command again', false],
  ['IncorrectInstanceState', 'x', 'machine.failed', 'IncorrectInstanceState: x', '--instance-type', false],
  ['VPCIdNotSpecified', 'x', 'aws.network', 'no network for the machine', '--make-network', true],
  ['MissingInput', 'x', 'aws.network', 'no network for the machine', '--make-network', true],
  ['DefaultVpcDoesNotExist', 'x', 'aws.network', 'no network for the machine', '--make-network', true],
  ['SomethingNew', 'x', 'machine.failed', 'SomethingNew: x', '--instance-type', false],
]

describe('what EC2 says to a launch', () => {
  it.each(ROWS)('%s (%.20s) is %s', (awsCode, words, code, says, first, isElsewhere) => {
    const failure = failed(awsCode, words)
    const error = notMade(failure)
    expect(error.code).toBe(code)
    expect(error.message).toContain(says)
    expect(error.message).toContain('eu-west-1')
    expect(error.suggestions[0]).toContain(first)
    expect(isWorthAnotherRegion(failure)).toBe(isElsewhere)
    expect(error.suggestions.join('')).not.toContain('undefined')
  })

  it('is said in AWS words of any length only where DEBUG shows them', () => {
    const blob = 'x'.repeat(480)
    const error = notMade(failed('UnauthorizedOperation', `No. Encoded authorization failure message: ${blob}`))
    expect([error.message, ...error.suggestions].join('')).not.toContain(blob)
    expect(error.suggestions.join(' ')).toContain('decode-authorization-message')
    expect(String(error.cause)).toContain(blob)
  })

  it('is what AWS decoded, where it did', () => {
    const decoded = JSON.stringify({ explicitDeny: true, context: { action: 'ec2:CreateTags', resource: 'arn:x' } })
    const error = notMade(failed('UnauthorizedOperation', 'Encoded authorization failure message: abc', { decoded }))
    expect(error.message).toBe('AWS refuses ec2:CreateTags on arn:x in eu-west-1: a policy forbids it outright.')
    expect(error.suggestions[0]).toContain('Ask who keeps the policy to allow ec2:CreateTags')
  })

  it('is lack of capacity where one zone had none free and another offers none', () => {
    const tried = [attempt('InsufficientInstanceCapacity', 'eu-west-1a'), attempt('Unsupported', 'eu-west-1b')]
    const error = notMade(failed('Unsupported', '', { tried }))
    expect(error.message).toBe('AWS has no such machine free in eu-west-1: tried g6.2xlarge in eu-west-1a, b.')
    expect(error.suggestions[0]).toContain('--wait-capacity')
  })

  it('names the quota of spot machines, and asks for it', () => {
    const code = 'MaxSpotInstanceCountExceeded'
    const error = notMade(failed(code, 'no', { tried: [attempt(code, 'eu-west-1a', 'spot')] }))
    expect(error.message).toContain('"All G and VT Spot Instance Requests" (L-3819A6DF)')
    expect(error.suggestions[0]).toContain('--vcpus 8 --spot')
    expect(error.exit).toBe(exitOf('quota.vcpu'))
  })

  it('may be nothing at all: then Pulumi’s words are told', () => {
    const error = notMade({ message: 'the stack is locked', logs: '/runs' })
    expect(error).toMatchObject({ code: 'machine.failed', exit: 6 })
    expect(error.message).toBe('The machine could not be made: the stack is locked')
    expect(error.suggestions.join(' ')).toContain('/runs')
  })

  it.each([
    ['write /x.tmp: no space left on device', 'disk.short', 'The disk is full'],
    ['The disk is full: writing /x failed (ENOSPC).', 'disk.short', 'The disk is full'],
    ['', 'machine.failed', 'ended without a word'],
  ])('may be a disk that is full: "%s"', (message, code, says) => {
    const error = notMade({ message, logs: '/runs' })
    expect(error).toMatchObject({ code, message: expect.stringContaining(says) as string })
    expect(error.suggestions[0]).toContain('space')
  })

  it('may be about a machine that ended while it started', () => {
    const error = notMade(failed('UserInitiatedShutdown', 'It ended while it started: x', { permission: '' }))
    expect(error.message).toBe('The machine could not be made: It ended while it started: x')
  })
})
