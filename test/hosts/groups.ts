/** Security groups of the cloud as rules of the region's filter: moto's word is what counts. */
import {
  DescribeInstancesCommand,
  DescribeSecurityGroupsCommand,
  type EC2Client,
  type Instance,
  type IpPermission,
  type SecurityGroup,
} from '@aws-sdk/client-ec2'
import type { IngressRule } from './filter.js'

/** What reaches each instance of the client's region. `addressOf` knows where an instance is, for groups that let groups in. */
export async function ingressIn(
  ec2: EC2Client,
  addressOf: (instanceId: string) => string | undefined,
): Promise<Map<string, IngressRule[]>> {
  const [{ Reservations = [] }, { SecurityGroups = [] }] = await Promise.all([
    ec2.send(new DescribeInstancesCommand({})),
    ec2.send(new DescribeSecurityGroupsCommand({})),
  ])
  const instances = Reservations.flatMap(({ Instances = [] }) => Instances)
  const members = (groupId: string | undefined): string[] =>
    instances
      .filter((each) => groupsOf(each).includes(groupId))
      .flatMap(({ InstanceId = '' }) => addressOf(InstanceId) ?? [])
  const rules = (instance: Instance): IngressRule[] =>
    SecurityGroups.filter(({ GroupId }) => groupsOf(instance).includes(GroupId)).flatMap((group) =>
      rulesOf(group, members),
    )
  return new Map(instances.map((each) => [each.InstanceId ?? '', rules(each)]))
}

const groupsOf = ({ SecurityGroups = [] }: Instance): (string | undefined)[] =>
  SecurityGroups.map(({ GroupId }) => GroupId)

type MembersOf = (groupId: string | undefined) => string[]

const rulesOf = ({ IpPermissions = [] }: SecurityGroup, members: MembersOf): IngressRule[] =>
  IpPermissions.flatMap((permission) => {
    const blocks = (permission.IpRanges ?? []).flatMap(({ CidrIp }) => CidrIp ?? [])
    const groups = (permission.UserIdGroupPairs ?? []).flatMap(({ GroupId }) => members(GroupId))
    return ruleOf(permission, [...blocks, ...groups])
  })

function ruleOf({ IpProtocol, FromPort, ToPort }: IpPermission, from: readonly string[]): IngressRule[] {
  if (IpProtocol === '-1') return [{ protocol: 'all', from }]
  if (IpProtocol === 'icmp') return [{ protocol: 'icmp', from }]
  if (IpProtocol !== 'tcp' && IpProtocol !== 'udp') return []
  const isAll = FromPort === undefined || ToPort === undefined || FromPort === -1
  return [{ protocol: IpProtocol, from, ...(isAll ? {} : { ports: [FromPort, ToPort] }) }]
}
