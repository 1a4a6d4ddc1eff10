/** Every refusal that AWS is known to give for what labos does, and what it means. */
import { describe, expect, it } from 'vitest'
import { type RefusalKind, refusalKind } from '../../../infra/aws-refusals.js'

const rows: readonly (readonly [RefusalKind, string])[] = [
  ['capacity', 'InsufficientInstanceCapacity'],
  ['capacity', 'InsufficientHostCapacity InsufficientCapacity UnfulfillableCapacity'],
  ['capacity', 'InsufficientVolumeCapacity'],
  ['subnet-full', 'InsufficientFreeAddressesInSubnet'],
  ['capacity', 'ReservationCapacityExceeded'],
  ['not-offered', 'Unsupported'],
  ['state', 'UnsupportedOperation'],
  ['quota-vcpu', 'VcpuLimitExceeded'],
  ['quota-vcpu', 'MaxSpotInstanceCountExceeded'],
  ['quota-other', 'InstanceLimitExceeded MaxFleetCountExceeded'],
  ['quota-other', 'VolumeLimitExceeded MaxIOPSLimitExceeded'],
  ['spot-price', 'SpotMaxPriceTooLow'],
  ['input', 'InvalidParameterCombination'],
  ['input', 'InvalidParameterValue'],
  ['token', 'IdempotentParameterMismatch'],
  ['denied', 'UnauthorizedOperation'],
  ['denied', 'AccessDenied AccessDeniedException'],
  ['credentials', 'AuthFailure'],
  ['denied', 'AuthFailure.ServiceLinkedRoleCreationNotPermitted'],
  ['expired', 'RequestExpired ExpiredToken ExpiredTokenException'],
  ['credentials', 'InvalidClientTokenId UnrecognizedClientException SignatureDoesNotMatch'],
  ['region', 'OptInRequired'],
  ['account', 'PendingVerification'],
  ['account', 'Blocked AccountDisabled'],
  ['busy', 'RequestLimitExceeded'],
  ['fault', 'InternalError ServerInternal InternalFailure ServiceUnavailable Unavailable'],
  ['gone', 'InvalidInstanceID.NotFound'],
  ['input', 'InvalidAMIID.NotFound InvalidAMIID.Unavailable InvalidAMIID.Malformed'],
  ['exists', 'InvalidKeyPair.Duplicate'],
  ['gone', 'InvalidKeyPair.NotFound'],
  ['input', 'InvalidKeyPair.Format'],
  ['exists', 'InvalidGroup.Duplicate InvalidPermission.Duplicate'],
  ['gone', 'InvalidGroup.NotFound'],
  ['in-use', 'DependencyViolation'],
  ['network', 'VPCIdNotSpecified MissingInput DefaultVpcDoesNotExist'],
  ['state', 'IncorrectInstanceState IncorrectState'],
  ['state', 'OperationNotPermitted'],
  ['quota-other', 'SecurityGroupLimitExceeded KeyPairLimitExceeded AddressLimitExceeded VpcLimitExceeded'],
  ['denied', 'TagPolicyViolation'],
  ['input', 'InvalidUserData.Malformed'],
  ['capacity', 'Server.SpotInstanceTermination Server.InsufficientInstanceCapacity'],
  ['quota-other', 'Client.VolumeLimitExceeded'],
  ['fault', 'Client.InternalError'],
]

describe('a refusal', () => {
  it.each(rows)('means %s: %s', (kind, codes) => {
    for (const code of codes.split(' ')) expect([code, refusalKind(code, 'no')]).toEqual([code, kind])
  })

  it.each([
    ['InvalidParameterCombination', 'The specified instance type is not eligible for Free Tier.', 'freeplan'],
    ['OptInRequired', 'In order to use this AWS Marketplace product you need to accept terms.', 'account'],
  ])('%s with "%s" means %s', (code, message, kind) => {
    expect(refusalKind(code, message)).toBe(kind)
  })

  it.each(['InsufficientInstanceCapacity', 'InvalidGroup.NotFound'])('%s may have an old prefix', (code) => {
    expect(refusalKind(`Server.${code}`, '')).toBe(refusalKind(code, ''))
    expect(refusalKind(`Client.${code}`, '')).toBe(refusalKind(code, ''))
  })

  it('that nobody knows means nothing', () => {
    expect(refusalKind('SomethingNew', 'Free Tier')).toBeUndefined()
    expect(refusalKind('constructor', '')).toBeUndefined()
  })
})
