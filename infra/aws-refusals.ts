/** What the refusals of AWS mean: one table, for the command and for the process that makes machines. */
export type RefusalKind =
  /** No such machine free now, here. */
  | 'capacity'
  | 'quota-vcpu'
  | 'quota-other'
  | 'denied'
  /** Keys that are not taken; also what a region answers that is not enabled, so look at the region first. */
  | 'credentials'
  | 'expired'
  /** The account itself: new, under review, closed. */
  | 'account'
  | 'freeplan'
  | 'region'
  /** Too many requests: the same one again, later. */
  | 'busy'
  /** A fault of AWS: the same one again, with the same token. */
  | 'fault'
  | 'state'
  /** Something still hangs on it: again when that is gone. */
  | 'in-use'
  /** There is none of that id: any more, or not yet. */
  | 'gone'
  /** Made before under that name: look whether it is ours. */
  | 'exists'
  | 'not-offered'
  | 'subnet-full'
  | 'spot-price'
  /** The client token was used for something else. */
  | 'token'
  /** No default network, or not the one that was named. */
  | 'network'
  /** A request that cannot be right: a fault of labos, or a value that AWS does not know. */
  | 'input'

const CODES: Readonly<Record<Exclude<RefusalKind, 'freeplan'>, readonly string[]>> = {
  capacity: [
    'InsufficientInstanceCapacity',
    'InsufficientHostCapacity',
    'InsufficientCapacity',
    'InsufficientCapacityOnHost',
    'InsufficientVolumeCapacity',
    'InsufficientReservedInstanceCapacity',
    'UnfulfillableCapacity',
    'ReservationCapacityExceeded',
    'SpotInstanceTermination', // as the reason why a machine ended while it started
  ],
  'quota-vcpu': ['VcpuLimitExceeded', 'MaxSpotInstanceCountExceeded'],
  'quota-other': [
    'InstanceLimitExceeded',
    'MaxFleetCountExceeded',
    'VolumeLimitExceeded',
    'MaxIOPSLimitExceeded',
    'SnapshotLimitExceeded',
    'SecurityGroupLimitExceeded',
    'SecurityGroupsPerInterfaceLimitExceeded',
    'SecurityGroupsPerInstanceLimitExceeded',
    'RulesPerSecurityGroupLimitExceeded',
    'KeyPairLimitExceeded',
    'AddressLimitExceeded',
    'NetworkInterfaceLimitExceeded',
    'VpcLimitExceeded',
    'SubnetLimitExceeded',
    'InternetGatewayLimitExceeded',
    'TagLimitExceeded',
    'ResourceLimitExceeded',
    'ResourceCountLimitExceeded',
    'QuotaExceededException', // of Service Quotas itself: too many wishes are open
  ],
  denied: [
    'UnauthorizedOperation',
    'AccessDenied',
    'AccessDeniedException',
    'DependencyAccessDeniedException',
    'AuthFailure.ServiceLinkedRoleCreationNotPermitted',
    'TagPolicyViolation',
  ],
  credentials: [
    'AuthFailure',
    'InvalidClientTokenId',
    'UnrecognizedClientException',
    'UnrecognizedClient',
    'SignatureDoesNotMatch',
    'InvalidSignatureException',
    'IncompleteSignature',
    'MissingAuthenticationToken',
    'MissingAuthenticationTokenException',
  ],
  expired: ['RequestExpired', 'ExpiredToken', 'ExpiredTokenException', 'TokenRefreshRequired'],
  account: ['PendingVerification', 'Blocked', 'AccountDisabled'],
  region: ['OptInRequired', 'RegionDisabledException', 'RegionDisabled'],
  busy: [
    'RequestLimitExceeded',
    'Throttling',
    'ThrottlingException',
    'ThrottledException',
    'TooManyRequestsException',
    'RequestThrottled',
    'RequestThrottledException',
    'EC2ThrottledException',
    'SlowDown',
    'BandwidthLimitExceeded',
  ],
  fault: [
    'InternalError',
    'ServerInternal',
    'InternalFailure',
    'InternalServerError',
    'ServiceException',
    'ServiceUnavailable',
    'Unavailable',
  ],
  state: [
    'IncorrectInstanceState',
    'IncorrectState',
    'IncorrectSpotRequestState',
    'OperationNotPermitted',
    'UnsupportedOperation',
  ],
  'in-use': [
    'DependencyViolation',
    'InvalidGroup.InUse',
    'VolumeInUse',
    'InvalidNetworkInterface.InUse',
    'InvalidIPAddress.InUse',
  ],
  gone: [
    'InvalidInstanceID.NotFound',
    'InvalidKeyPair.NotFound',
    'InvalidGroup.NotFound',
    'InvalidGroupId.NotFound',
    'InvalidSecurityGroupID.NotFound',
    'InvalidSecurityGroupRuleId.NotFound',
    'InvalidPermission.NotFound',
    'InvalidVolume.NotFound',
    'InvalidAddress.NotFound',
    'InvalidAddressID.NotFound',
    'InvalidAllocationID.NotFound',
    'InvalidNetworkInterfaceID.NotFound',
    'InvalidSpotInstanceRequestID.NotFound',
  ],
  exists: [
    'InvalidKeyPair.Duplicate',
    'InvalidGroup.Duplicate',
    'InvalidPermission.Duplicate',
    'DefaultVpcAlreadyExists',
  ],
  'not-offered': ['Unsupported', 'InvalidInstanceType', 'InvalidInstanceType.NotFound'],
  'subnet-full': ['InsufficientFreeAddressesInSubnet'],
  'spot-price': ['SpotMaxPriceTooLow'],
  token: ['IdempotentParameterMismatch', 'IdempotentInstanceTerminated', 'InvalidClientToken'],
  network: [
    'VPCIdNotSpecified',
    'MissingInput',
    'DefaultVpcDoesNotExist',
    'DefaultSubnetDoesNotExist',
    'InvalidSubnetID.NotFound',
    'InvalidSubnetID.Malformed',
    'InvalidSubnet',
    'InvalidVpcID.NotFound',
  ],
  input: [
    'InvalidParameterCombination',
    'InvalidParameterValue',
    'InvalidParameter',
    'MissingParameter',
    'UnknownParameter',
    'ValidationError',
    'ValidationException',
    'InvalidInstanceID.Malformed',
    'InvalidAMIID.NotFound',
    'InvalidAMIID.Unavailable',
    'InvalidAMIID.Malformed',
    'InvalidKey.Format',
    'InvalidKeyPair.Format',
    'InvalidUserData.Malformed',
    'InvalidBlockDeviceMapping',
  ],
}

/** Where one code has two meanings, the message tells them apart. */
const BY_MESSAGE: readonly { readonly code: string; readonly says: RegExp; readonly kind: RefusalKind }[] = [
  { code: 'InvalidParameterCombination', says: /free[ -]tier|free plan/i, kind: 'freeplan' },
  { code: 'OptInRequired', says: /marketplace/i, kind: 'account' },
]

const KINDS: ReadonlyMap<string, RefusalKind> = new Map(
  Object.entries(CODES).flatMap(([kind, codes]) => codes.map((code) => [code, kind as RefusalKind] as const)),
)

/** What a refusal means, by AWS's code for it; undefined for a code that has no place here. */
export function refusalKind(code: string, message: string): RefusalKind | undefined {
  const name = code.replace(/^(?:Client|Server)\./, '')
  const special = BY_MESSAGE.find((rule) => rule.code === name && rule.says.test(message))
  return special?.kind ?? KINDS.get(name)
}
