/** What the facts of a region mean: why nothing can be launched, and what is worth a warning. Pure. */
import { quotaConsole } from '../../plan/aws/home-region.js'
import type { Market } from '../../plan/aws/price.js'
import { gpuQuotas } from '../../plan/aws/quota.js'
import type { Refusal } from '../../plan/decide.js'
import type { RegionFacts } from './facts.js'
import type { Dropped, Ladder, LadderOffer, QuotaShort } from './facts-rungs.js'

const IMAGE_OLD_DAYS = 120
const SKEW_MOST_MS = 60_000
const DAY_MS = 86_400_000

export const ageDays = (createdAt: string, nowMs: number): number =>
  Math.max(0, Math.floor((nowMs - Date.parse(createdAt)) / DAY_MS))

/** Sentences on what works, but not as it should. */
export function warningsOf({ image, skewMs }: RegionFacts, nowMs: number): string[] {
  const days = image.known && image.value ? ageDays(image.value.createdAt, nowMs) : 0
  const minutes = Math.round(Math.abs(skewMs ?? 0) / 60_000)
  const way = (skewMs ?? 0) > 0 ? 'ahead of' : 'behind'
  return [
    ...(days > IMAGE_OLD_DAYS
      ? [`The newest image with a driver is ${String(days)} days old: AWS may have stopped this line of images.`]
      : []),
    ...(Math.abs(skewMs ?? 0) > SKEW_MOST_MS
      ? [`This computer's clock is ${String(minutes)} min ${way} AWS's; from 5 min on AWS refuses its requests.`]
      : []),
  ]
}

/** Why nothing can be launched there; undefined where something can be tried. */
export function refuseLaunch(facts: RegionFacts, { rungs, dropped }: Ladder<LadderOffer>): Refusal | undefined {
  const { image, region } = facts
  if (!image.known)
    return {
      code: image.error.code,
      message: `The image to start from could not be read in ${region}: ${image.why}`,
      suggestions: image.error.suggestions,
    }
  if (!image.value)
    return {
      code: 'aws.image',
      message: `AWS has no image with NVIDIA's driver in ${region}.`,
      suggestions: ['Name another `--region`.', 'Update labos: AWS may have changed the names.'],
    }
  if (rungs.length > 0) return undefined
  const [first] = dropped
  if (!first)
    return {
      code: 'capacity.none',
      message: `The plan has no machine in ${region}.`,
      suggestions: ['Name another `--region`.'],
    }
  return refuseFor(dropped.find(({ why }) => why !== 'zone') ?? first, facts) // of the best that something can be done about
}

function refuseFor({ offer, why, text, quota }: Dropped<LadderOffer>, facts: RegionFacts): Refusal {
  const { instanceType, region } = offer
  if (quota) return refuseQuota(offer, quota)
  if (why === 'network')
    return {
      code: 'aws.network',
      message: `There is nothing in ${region} to put a ${instanceType} in: ${text}.`,
      suggestions: networkWays(facts),
    }
  return {
    code: 'capacity.none',
    message: `A ${instanceType} is ${text}.`,
    suggestions: ['Name another `--region` or `--instance-type`: `labos prices` lists where there are some.'],
  }
}

/** The ways out where there is no network, or none with a way out. */
function networkWays({ network, subnetId, region }: RegionFacts): readonly [string, ...string[]] {
  const list = `\`aws ec2 describe-subnets --region ${region}\``
  if (subnetId !== undefined)
    return [`Name another one: ${list} lists them.`, 'Or leave it out: the default network is used then.']
  if (network.known && network.value)
    return [
      `Name a subnet with a route to an internet gateway: \`--subnet ID\`; ${list} lists them.`,
      'Or give the default network such a route; or name another `--region`.',
    ]
  return [
    'Let labos make the default network that AWS gives new accounts: `--make-network` on `labos up`.',
    'Or name a public subnet: `--subnet ID`.',
  ]
}

function refuseQuota(
  { region, instanceType }: LadderOffer,
  { code, name, market, limitVcpus, usedVcpus, neededVcpus }: QuotaShort,
): Refusal {
  const use = usedVcpus ? `, of which ${String(usedVcpus)} are in use` : ''
  return {
    code: 'quota.vcpu',
    message: `A ${instanceType} needs ${String(neededVcpus)} vCPUs of "${name}" (${code}) in ${region}; the account may have ${String(limitVcpus)}${use}.`,
    suggestions: [
      `Ask for more: \`${quotaRequest(region, code, market, neededVcpus + (usedVcpus ?? 0))}\`.`,
      `Or in the AWS console: ${quotaConsole(region, code)}`,
      market === 'spot'
        ? 'Or without `--spot`, or in another `--region`: they have quotas of their own.'
        : 'Or with `--spot`, or in another `--region`: they have quotas of their own.',
    ],
  }
}

/** The command that asks for it. */
export function quotaRequest(region: string, code: string, market: Market, vcpus: number): string {
  const family = gpuQuotas.find((quota) => quota.code === code)?.family ?? 'g'
  return `labos quota request --region ${region} --vcpus ${String(vcpus)}${market === 'spot' ? ' --spot' : ''}${family === 'g' ? '' : ` --family ${family}`}`
}
