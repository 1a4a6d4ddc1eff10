/** vCPU quotas: what Service Quotas says of them, and what EC2 refuses because of them. */
import { quotaOf } from '../../src/plan/aws/quota.js'
import { type Answer, type AwsRequest, json, refusal } from './request.js'
import type { CloudSettings } from './settings.js'
import { vcpusOf } from './types.js'
import type { World } from './world.js'

export function quotaAnswer(request: AwsRequest, { quotas }: CloudSettings): Answer {
  const code = request.params['QuotaCode'] ?? ''
  const value = quotas[code]
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

export interface Wanted {
  readonly instanceType: string
  readonly isSpot: boolean
}

/** The refusal where these machines, beside those that run in the region, need more vCPUs than their quota allows. */
export function overQuota(request: AwsRequest, wanted: readonly Wanted[], world: World): Answer | undefined {
  const running = [...world.records.values()].filter(
    ({ region, goal }) => region === request.region && goal === 'running',
  )
  for (const { isSpot, ...one } of wanted) {
    const code = codeOf({ isSpot, ...one })
    const limit = code === undefined ? undefined : world.settings.quotas[code]
    const used = [...running, ...wanted].filter((each) => codeOf(each) === code).map(vcpus)
    if (limit === undefined || sum(used) <= limit) continue
    if (isSpot) return refusal(request, 'MaxSpotInstanceCountExceeded', 'Max spot instance count exceeded')
    return refusal(request, 'VcpuLimitExceeded', tooMany(limit))
  }
  return undefined
}

/** Types that are not in the table have no quota here. */
const codeOf = ({ instanceType, isSpot }: Wanted): string | undefined =>
  vcpusOf(instanceType) === undefined
    ? undefined
    : (quotaOf(instanceType, isSpot ? 'spot' : 'on-demand').code ?? undefined)

const vcpus = ({ instanceType }: Wanted): number => vcpusOf(instanceType) ?? 0
const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0)

const tooMany = (limit: number): string =>
  `You have requested more vCPU capacity than your current vCPU limit of ${String(limit)} allows for the instance ` +
  'bucket that the specified instance type belongs to. Please visit http://aws.amazon.com/contact-us/ec2-request to ' +
  'request an adjustment to this limit.'
