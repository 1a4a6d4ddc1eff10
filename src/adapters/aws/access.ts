import type { EC2Client, SecurityGroup } from '@aws-sdk/client-ec2'
import { refusalKind, type RefusalKind } from '../../../infra/aws-refusals.js'
import type { Access } from '../../cloud-ports.js'
import { asked } from './failure.js'
import { tagFilter } from './held-lists.js'
import { rangesThatReach, sshFrom } from './port-22.js'

export function accessPort(client: EC2Client, region: string): Access {
  const ask = <T>(name: string, given: AbortSignal, work: (abortSignal: AbortSignal) => Promise<T>): Promise<T> => {
    // A signal of its own: the SDK leaves listeners on it.
    const signal = AbortSignal.any([given])
    return asked({ permission: `ec2:${name}`, region }, signal, () => work(signal))
  }
  return {
    groups: (labId, given) =>
      ask('DescribeSecurityGroups', given, async (abortSignal) => {
        const { DescribeSecurityGroupsCommand } = await import('./sdk-holdings.js')
        const wish = { Filters: [tagFilter(labId)] }
        const { SecurityGroups } = await client.send(new DescribeSecurityGroupsCommand(wish), { abortSignal })
        return (SecurityGroups ?? []).flatMap(({ GroupId: id, IpPermissions }: SecurityGroup) =>
          id === undefined ? [] : [{ id, ingress: rangesThatReach(IpPermissions) }],
        )
      }),
    allow: (GroupId, cidr, given) =>
      ask('AuthorizeSecurityGroupIngress', given, async (abortSignal) => {
        const { AuthorizeSecurityGroupIngressCommand } = await import('./sdk-holdings.js')
        const rule = { GroupId, IpPermissions: [sshFrom(cidr)] }
        await unless('exists', client.send(new AuthorizeSecurityGroupIngressCommand(rule), { abortSignal }))
      }),
    disallow: (GroupId, cidr, given) =>
      ask('RevokeSecurityGroupIngress', given, async (abortSignal) => {
        const { RevokeSecurityGroupIngressCommand } = await import('./sdk-holdings.js')
        const rule = { GroupId, IpPermissions: [sshFrom(cidr)] }
        await unless('gone', client.send(new RevokeSecurityGroupIngressCommand(rule), { abortSignal }))
      }),
  }
}

async function unless(kind: RefusalKind, work: Promise<unknown>): Promise<void> {
  try {
    await work
  } catch (error) {
    if (!(error instanceof Error) || refusalKind(error.name, error.message) !== kind) throw error
  }
}
