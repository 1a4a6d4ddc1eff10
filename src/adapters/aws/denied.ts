/** A permission that is missing: which one, who says so, and what AWS says of it when it is asked to decode that. */
import { LabosError } from '../../errors/labos-error.js'

interface Denied {
  readonly permission: string
  readonly region: string
}

/** The part of a refusal that only AWS can read. */
export const encodedIn = (message: string): string | undefined =>
  /encoded authorization failure message:\s*(\S+)/i.exec(message)?.[1]

export function denied(cause: Error, { permission, region }: Denied): LabosError {
  const { name, message } = cause
  const action = /not authorized to perform:? ([a-z0-9-]+:\w+)/i.exec(message)?.[1] ?? permission
  const by = /service control policy|permissions boundary|resource-based policy/i.exec(message)?.[0].toLowerCase()
  const who = by === undefined ? '' : `, by a ${by}`
  return new LabosError('aws.refused', `AWS refuses ${action} in ${region} (${name}${who}).`, {
    suggestions: [
      ...remedy(name, action, by),
      ...(encodedIn(message) === undefined ? [] : [DECODE]),
      'Or use another profile: AWS_PROFILE.',
    ],
    cause,
  })
}

const DECODE =
  'AWS says more, encoded: DEBUG=labos shows it, `aws sts decode-authorization-message --encoded-message TEXT` reads it.'

function remedy(name: string, action: string, by: string | undefined): [string] {
  if (name.endsWith('ServiceLinkedRoleCreationNotPermitted'))
    return [
      'Let an administrator run, once: `aws iam create-service-linked-role --aws-service-name spot.amazonaws.com`.',
    ]
  if (name === 'TagPolicyViolation')
    return ['The organisation has a policy on tags: ask who keeps it to allow those that begin with `labos:`.']
  return by === undefined
    ? [`Allow ${action}: \`labos iam-policy\` prints the least that labos needs.`]
    : [`Ask who keeps the ${by} to allow ${action}: \`labos iam-policy\` prints the least that labos needs.`]
}

/** The same refusal, with what AWS says of it: what was to be done to what, and whether a rule forbids it outright. */
export function deniedAs(before: LabosError, decoded: string, region: string): LabosError {
  const { action, resource, isForbidden } = readDecoded(decoded)
  if (action === undefined) return before
  const how = isForbidden ? 'a policy forbids it outright' : 'no policy allows it'
  const what = resource === undefined ? '' : ` on ${resource}`
  return new LabosError('aws.refused', `AWS refuses ${action}${what} in ${region}: ${how}.`, {
    suggestions: [...remedy('', action, isForbidden ? 'policy' : undefined), 'Or use another profile: AWS_PROFILE.'],
    cause: before.cause,
  })
}

function readDecoded(text: string): { action?: string; resource?: string; isForbidden: boolean } {
  const all = at(parsed(text))
  const { action, resource } = at(all['context'])
  return {
    ...(typeof action === 'string' ? { action } : {}),
    ...(typeof resource === 'string' ? { resource } : {}),
    isForbidden: all['explicitDeny'] === true,
  }
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
