/** The least that labos needs of an account, as an IAM policy. Pure. */

export interface Policy {
  readonly Version: '2012-10-17'
  readonly Statement: readonly Statement[]
}

export interface Statement {
  readonly Sid: string
  readonly Effect: 'Allow'
  readonly Action: readonly string[]
  readonly Resource: string | readonly string[]
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>
}

export const partitions = ['aws', 'aws-cn', 'aws-us-gov'] as const
export type Partition = (typeof partitions)[number]

/** What EC2 is asked, which has no narrower right. */
const READS = [
  'DescribeAddresses',
  'DescribeImages',
  'DescribeInstances',
  'DescribeInstanceTypeOfferings',
  'DescribeInstanceTypes',
  'DescribeNetworkInterfaces',
  'DescribeRegions',
  'DescribeRouteTables',
  'DescribeSecurityGroups',
  'DescribeSpotPriceHistory',
  'DescribeSubnets',
  'DescribeVolumes',
  'DescribeVpcs',
].map((name) => `ec2:${name}`)

/** What a launch makes. */
const MADE = ['instance', 'volume', 'network-interface', 'spot-instances-request']

/** Created with labos's tag, and later found by it. */
const MADE_WITH_TAG = { StringLike: { 'aws:RequestTag/labos:lab': '*' } } as const
const HAS_TAG = { StringLike: { 'aws:ResourceTag/labos:lab': '*' } } as const

/**
 * Reads everything; makes only what carries the tag `labos:lab`; changes and removes only what carries it. Machines must
 * ask their metadata service by token.
 */
export function leastPolicy(partition: Partition): Policy {
  const ec2 = (...kinds: readonly string[]): string[] => kinds.map((kind) => `arn:${partition}:ec2:*:*:${kind}/*`)
  const images = ['image', 'snapshot'].map((kind) => `arn:${partition}:ec2:*::${kind}/*`)
  return {
    Version: '2012-10-17',
    Statement: [
      allow('Reads', [...READS, 'pricing:GetProducts', 'sts:DecodeAuthorizationMessage'], '*'),
      allow('NewestImage', ['ssm:GetParameter'], `arn:${partition}:ssm:*::parameter/aws/service/deeplearning/*`),
      allow('Quotas', ['servicequotas:GetServiceQuota'], '*'), // it has no narrower right
      allow('MoreQuota', ['servicequotas:RequestServiceQuotaIncrease'], `arn:${partition}:servicequotas:*:*:ec2/*`),
      allow('RunFromImageInSubnet', ['ec2:RunInstances'], [...images, ...ec2('subnet')]),
      allow('RunInOwnGroup', ['ec2:RunInstances'], ec2('security-group'), HAS_TAG),
      allow('RunTaggedMachine', ['ec2:RunInstances'], ec2('instance'), {
        ...MADE_WITH_TAG,
        StringEquals: { 'ec2:MetadataHttpTokens': 'required' },
      }),
      allow('RunTaggedParts', ['ec2:RunInstances'], ec2(...MADE.slice(1)), MADE_WITH_TAG),
      allow('TagWhatIsMade', ['ec2:CreateTags'], ec2(...MADE, 'security-group'), {
        ...MADE_WITH_TAG,
        StringEquals: { 'ec2:CreateAction': ['RunInstances', 'CreateSecurityGroup'] },
      }),
      allow('TagOwn', ['ec2:CreateTags'], ec2(...MADE, 'security-group'), HAS_TAG),
      allow('MakeGroup', ['ec2:CreateSecurityGroup'], ec2('security-group'), MADE_WITH_TAG),
      allow('MakeGroupInNetwork', ['ec2:CreateSecurityGroup'], ec2('vpc')),
      allow('ChangeAndRemoveOwn', OWN_ONLY, ec2(...OWNED), HAS_TAG),
      allow('MakeDefaultNetwork', ['ec2:CreateDefaultVpc'], '*'),
      allow(
        'FirstSpotMachine',
        ['iam:CreateServiceLinkedRole'],
        `arn:${partition}:iam::*:role/aws-service-role/spot.amazonaws.com/*`,
        { StringEquals: { 'iam:AWSServiceName': 'spot.amazonaws.com' } },
      ),
    ],
  }
}

const OWN_ONLY = [
  'AuthorizeSecurityGroupIngress',
  'DeleteNetworkInterface',
  'DeleteSecurityGroup',
  'DeleteVolume',
  'ReleaseAddress',
  'RevokeSecurityGroupIngress',
  'StartInstances',
  'StopInstances',
  'TerminateInstances',
].map((name) => `ec2:${name}`)

const OWNED = ['elastic-ip', 'instance', 'network-interface', 'security-group', 'volume']

const allow = (
  Sid: string,
  Action: readonly string[],
  Resource: string | readonly string[],
  Condition?: Statement['Condition'],
): Statement => ({ Sid, Effect: 'Allow', Action, Resource, ...(Condition ? { Condition } : {}) })
