/** A vCPU quota that AWS itself finds too small: which one, how many vCPUs are needed, how to ask for them. */
import { quotaConsole } from '../../plan/aws/home-region.js'
import { quotaOf } from '../../plan/aws/quota.js'
import { shippedTable } from '../../plan/aws/type-table.js'
import { quotaRequest } from './facts-verdict.js'
import type { Meaning, Refused } from './meaning.js'

interface Short {
  readonly instanceType: string
  readonly market: 'on-demand' | 'spot'
  readonly vcpus: number
  readonly quota: { readonly code: string; readonly name: string }
  /** Undefined where AWS does not say it. */
  readonly limitVcpus: number | undefined
}

/** Undefined where the failure names no machine, or one that labos does not know. */
function shortOf({ code, message, tried = [] }: Refused): Short | undefined {
  const { instanceType, market } = tried.find((attempt) => attempt.code === code)?.rung ?? {}
  if (instanceType === undefined || market === undefined) return undefined
  const vcpus = shippedTable.types.find((type) => type.instanceType === instanceType)?.vcpus
  const { code: quotaCode, name } = quotaOf(instanceType, market)
  if (vcpus === undefined || quotaCode === null) return undefined
  const limit = /limit of (\d+)/i.exec(message)?.[1]
  const limitVcpus = limit === undefined ? undefined : Number(limit)
  return { instanceType, market, vcpus, quota: { code: quotaCode, name }, limitVcpus }
}

export const quotaMeaning: Meaning = {
  code: 'quota.vcpu',
  text: (failure) => {
    const { region = 'the region', code = '', message } = failure
    const short = shortOf(failure)
    if (!short) return `A vCPU quota of the account in ${region} is too small: ${code}: ${message}`
    const { instanceType, vcpus, quota, limitVcpus } = short
    const limit =
      limitVcpus === undefined ? 'AWS says that this is over the limit' : `the limit is ${String(limitVcpus)}`
    return `A ${instanceType} needs ${String(vcpus)} vCPUs of "${quota.name}" (${quota.code}) in ${region}; ${limit} (${code}).`
  },
  advice: (failure) => {
    const { region = 'us-east-1' } = failure
    const short = shortOf(failure)
    return [
      ...(short ? askFor(short, region) : ([`See it, and ask for more: \`labos quota --region ${region}\`.`] as const)),
      short?.market === 'spot'
        ? 'Or without `--spot`, or in another `--region`: they have quotas of their own.'
        : 'Or with `--spot`, or in another `--region`: they have quotas of their own.',
      'After a machine has ended AWS may count it for some minutes more.',
    ]
  },
}

/** What is in use is not known here: a limit that is higher by what is needed does in any case. */
const askFor = ({ quota, market, vcpus, limitVcpus = 0 }: Short, region: string): [string, ...string[]] => [
  `Ask for more: \`${quotaRequest(region, quota.code, market, limitVcpus + vcpus)}\`.`,
  `Or in the AWS console: ${quotaConsole(region, quota.code)}`,
  `See what counts against it: \`labos quota --region ${region}\`.`,
]
