/** A permission that is missing: which one, who says so, what AWS says of it once decoded, and what to do. Pure. */

export interface Denial {
  /** AWS's code, and its words. */
  readonly code: string
  readonly message: string
  /** What was asked for: `ec2:RunInstances`. */
  readonly permission: string
  readonly region: string
  /** What the encoded part of the message says, where AWS decoded it: JSON text. */
  readonly decoded?: string | undefined
}

/** The part of a refusal that only AWS can read. */
export const encodedIn = (message: string): string | undefined =>
  /encoded authorization failure message:\s*([\w+/=-]+)/i.exec(message)?.[1]

/** `AWS refuses ec2:RunInstances in us-east-1 (UnauthorizedOperation).` */
export function denialText(denial: Denial): string {
  const { code, region } = denial
  const { action, resource, isForbidden, by } = readDenial(denial)
  const what = resource === undefined ? '' : ` on ${resource}`
  if (isForbidden !== undefined) {
    const how = isForbidden ? `${by ?? 'a policy'} forbids it outright` : 'no policy allows it'
    return `AWS refuses ${action}${what} in ${region}: ${how}.`
  }
  return `AWS refuses ${action} in ${region} (${code}${by === undefined ? '' : `, by ${by}`}).`
}

/** Most likely first. */
export function denialAdvice(denial: Denial): readonly [string, ...string[]] {
  const { code, message, decoded } = denial
  const isUnread = decoded === undefined && encodedIn(message) !== undefined
  return [remedy(code, readDenial(denial)), ...(isUnread ? [DECODE] : []), 'Or use another profile: AWS_PROFILE.']
}

const DECODE =
  'AWS says more, encoded: DEBUG=labos shows it, `aws sts decode-authorization-message --encoded-message TEXT` reads it.'

function remedy(code: string, { action, isForbidden, by }: Read): string {
  if (code.endsWith('ServiceLinkedRoleCreationNotPermitted'))
    return 'Let an administrator run, once: `aws iam create-service-linked-role --aws-service-name spot.amazonaws.com`.'
  if (code === 'TagPolicyViolation')
    return 'The organisation has a policy on tags: ask who keeps it to allow those that begin with `labos:`.'
  const keeper = by?.replace(/^a /, 'the ') ?? (isForbidden ? 'the policy' : undefined)
  return keeper === undefined
    ? `Allow ${action}: \`labos iam-policy\` prints the least that labos needs.`
    : `Ask who keeps ${keeper} to allow ${action}: \`labos iam-policy\` prints the least that labos needs.`
}

interface Read {
  readonly action: string
  readonly resource?: string
  /** Undefined where nobody decoded it. */
  readonly isForbidden?: boolean
  /** `a service control policy`. */
  readonly by?: string
}

function readDenial({ message, permission, decoded }: Denial): Read {
  const kind = /service control policy|permissions boundary|session policy|resource-based policy/i.exec(message)?.[0]
  const by = kind === undefined ? {} : { by: `a ${kind.toLowerCase()}` }
  const named = /not authorized to perform:? ([a-z0-9-]+:\w+)/i.exec(message)?.[1]
  const told = decoded === undefined ? undefined : readDecoded(decoded)
  return told ? { ...told, ...by } : { action: named ?? permission, ...by }
}

/** Undefined for what is no such text. */
export function readDecoded(
  text: string,
): { readonly action: string; readonly resource?: string; readonly isForbidden: boolean } | undefined {
  const all = at(parsed(text))
  const { action, resource } = at(all['context'])
  if (typeof action !== 'string') return undefined
  const isForbidden = all['explicitDeny'] === true
  return { action, isForbidden, ...(typeof resource === 'string' ? { resource } : {}) }
}

const at = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
