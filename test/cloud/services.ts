/** Services that moto has not, or not for EC2: quotas and the images' parameters. */
import type { CloudSettings } from './settings.js'
import { type Answer, type AwsRequest, json, refusal } from './request.js'

/** The deep-learning image that the cloud knows, everywhere the same. */
const IMAGE_ID = 'ami-0d1ab05a1e5700001'
const IMAGE_PARAMETER = /^\/aws\/service\/deeplearning\/ami\/x86_64\/base-[a-z-]+-ubuntu-2[24]\.04\/latest\/ami-id$/

/** Undefined where moto has the answer itself. */
export function serviceAnswer(request: AwsRequest, settings: CloudSettings): Answer | undefined {
  const { service, action, params } = request
  if (service === 'servicequotas') return quotas(request, settings)
  const name = params['Name'] ?? ''
  if (service !== 'ssm' || action !== 'GetParameter' || !IMAGE_PARAMETER.test(name)) return undefined
  return json({ Parameter: { Name: name, Type: 'String', Value: IMAGE_ID, Version: 1 } })
}

function quotas(request: AwsRequest, { quotas: known }: CloudSettings): Answer {
  const code = request.params['QuotaCode'] ?? ''
  const value = known[code]
  if (value === undefined) return refusal(request, 'NoSuchResourceException', `There is no quota ${code}.`)
  if (request.action === 'GetServiceQuota')
    return json({ Quota: { ServiceCode: 'ec2', QuotaCode: code, Value: value } })
  if (request.action === 'RequestServiceQuotaIncrease')
    return json({
      RequestedQuota: {
        Id: `request-${code}`,
        QuotaCode: code,
        DesiredValue: Number(request.params['DesiredValue']),
        Status: 'PENDING',
      },
    })
  return refusal(request, 'UnknownOperationException', request.action)
}
