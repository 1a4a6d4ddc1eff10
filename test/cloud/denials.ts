/** Denied by a policy: EC2's message with its encoded part, and what that part says once it is decoded. */
import { randomBytes } from 'node:crypto'
import { type Answer, type AwsRequest, elements, refusal, xml } from './request.js'

export const ACCOUNT = '123456789012'
export const USER_ARN = `arn:aws:iam::${ACCOUNT}:user/test`

export interface Denied {
  readonly arn: string
  /** `ec2:RunInstances` */
  readonly action: string
  readonly resource: string
  readonly isExplicit: boolean
}

/** Of a call that no policy allows. */
export const deniedTo = (arn: string, { service, action, region }: AwsRequest): Denied => ({
  arn,
  action: `${service}:${action}`,
  resource: /^(?:Describe|Get|List)/.test(action) ? '*' : `arn:aws:${service}:${region}:${ACCOUNT}:*`,
  isExplicit: false,
})

export interface Denials {
  /** In the form of the service that was asked. */
  refuse(request: AwsRequest, denied: Denied): Answer
  /** The answer of `sts:DecodeAuthorizationMessage`. */
  decode(request: AwsRequest): Answer
}

/** Like AWS's own, which say nothing to who may not decode them. */
const BLOB_BYTES = 360

export function makeDenials(): Denials {
  const issued = new Map<string, Denied>()
  return {
    refuse: (request, denied) => {
      if (request.service !== 'ec2') return refusal(request, plainCode(request), `User: ${sentence(denied)}`)
      const start = `You are not authorized to perform this operation. User: ${sentence(denied)}`
      if (/^ec2:(?:Describe|Get)/.test(denied.action)) return refusal(request, 'UnauthorizedOperation', start)
      const blob = randomBytes(BLOB_BYTES).toString('base64url')
      issued.set(blob, denied)
      return refusal(request, 'UnauthorizedOperation', `${start}. Encoded authorization failure message: ${blob}`)
    },
    decode: (request) => {
      const denied = issued.get(request.params['EncodedMessage'] ?? '')
      if (!denied) return refusal(request, 'InvalidAuthorizationMessageException', 'Message is not valid')
      const name = `${request.action}Re`
      const inner = elements({ DecodedMessage: JSON.stringify(decoded(denied)) })
      return xml(`<${name}sponse><${name}sult>${inner}</${name}sult></${name}sponse>`, 200)
    },
  }
}

const plainCode = ({ service }: AwsRequest): string =>
  service === 'sts' || service === 'iam' ? 'AccessDenied' : 'AccessDeniedException'

const sentence = ({ arn, action, resource, isExplicit }: Denied): string =>
  `${arn} is not authorized to perform: ${action}${resource === '*' ? '' : ` on resource: ${resource}`} ` +
  (isExplicit
    ? 'with an explicit deny in an identity-based policy'
    : `because no identity-based policy allows the ${action} action`)

const decoded = ({ arn, action, resource, isExplicit }: Denied) => ({
  allowed: false,
  explicitDeny: isExplicit,
  matchedStatements: { items: [] },
  failures: { items: [] },
  context: {
    principal: { id: 'AIDATESTTESTTESTTEST', name: arn.split('/').at(-1), arn },
    action,
    resource,
    conditions: { items: [] },
  },
})
