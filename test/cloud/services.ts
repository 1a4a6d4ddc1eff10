/** Services that moto has not, or not for EC2. */
import { imageParameter } from './images.js'
import { products } from './pricing.js'
import { quotaAnswer } from './quotas.js'
import { ACCOUNT } from './denials.js'
import { type Answer, type AwsRequest, elements, xml } from './request.js'
import type { World } from './world.js'

/** Undefined where moto has the answer itself. */
export function serviceAnswer(request: AwsRequest, { settings, denials }: World): Answer | undefined {
  const { service, action } = request
  if (service === 'servicequotas') return quotaAnswer(request, settings)
  if (service === 'pricing') return products(request)
  if (service === 'ssm' && action === 'GetParameter') return imageParameter(request, settings)
  if (service === 'sts' && action === 'DecodeAuthorizationMessage') return denials.decode(request)
  if (service === 'sts' && action === 'GetCallerIdentity' && settings.accountId !== ACCOUNT)
    return callerIn(settings.accountId)
  return undefined
}

function callerIn(Account: string): Answer {
  const inner = elements({ Arn: `arn:aws:iam::${Account}:user/other`, UserId: 'AIDAOTHER', Account })
  return xml(
    `<GetCallerIdentityResponse><GetCallerIdentityResult>${inner}</GetCallerIdentityResult></GetCallerIdentityResponse>`,
    200,
  )
}
