/** The region of a partition that every account has: one that is misspelt or not enabled cannot be asked itself. */
export function homeOf(region: string): string {
  if (region.startsWith('cn-')) return 'cn-north-1'
  return region.startsWith('us-gov-') ? 'us-gov-west-1' : 'us-east-1'
}

const CONSOLES: Readonly<Record<string, string>> = {
  'cn-north-1': 'console.amazonaws.cn',
  'us-gov-west-1': 'console.amazonaws-us-gov.com',
}

/** Where the AWS console shows a quota of EC2, and takes a wish for more. */
export const quotaConsole = (region: string, code: string): string =>
  `https://${CONSOLES[homeOf(region)] ?? 'console.aws.amazon.com'}/servicequotas/home/services/ec2/quotas/${code}?region=${region}`
