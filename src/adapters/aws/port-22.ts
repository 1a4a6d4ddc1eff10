/** Rules of security groups about port 22, as EC2 has them. Pure. */
import type { IpPermission } from '@aws-sdk/client-ec2'

/** The rule that labos makes. */
export const sshFrom = (cidr: string): IpPermission => ({
  IpProtocol: 'tcp',
  FromPort: 22,
  ToPort: 22,
  IpRanges: [{ CidrIp: cidr, Description: 'labos' }],
})

/** Blocks that rules like those of labos let in. */
export const sshRanges = (permissions: readonly IpPermission[] = []): string[] =>
  rangesOf(permissions.filter(({ FromPort }) => FromPort === 22))

/** Blocks that reach port 22 by any rule, whoever made it. */
export const rangesThatReach = (permissions: readonly IpPermission[] = []): string[] =>
  rangesOf(
    permissions.filter(
      ({ IpProtocol, FromPort = 0, ToPort = 65_535 }) =>
        IpProtocol === '-1' || (IpProtocol === 'tcp' && FromPort <= 22 && ToPort >= 22),
    ),
  )

const rangesOf = (permissions: readonly IpPermission[]): string[] =>
  permissions.flatMap(({ IpRanges }) => (IpRanges ?? []).flatMap(({ CidrIp }) => CidrIp ?? []))
