/** Why no machine fits, and what would have to change: from the offer that came closest. */
import { formatTokens, formatUsd } from '../../ui/format.js'
import type { Refusal } from '../decide.js'
import type { Offer } from './offer.js'
import type { RentPlan } from './rent-plan.js'
import { tallyText } from './tally.js'

/** Undefined when something fits. */
export function refuseNoFit(plan: RentPlan): Refusal | undefined {
  const [closest] = plan.offers
  if (!closest || closest.verdict === 'fits') return undefined
  return {
    code: 'plan.nofit',
    message: `No machine fits ${plan.model.id} (${plan.model.precision}) as asked: ${tallyText(plan.tally)}.`,
    suggestions: [adviceOn(closest, plan), `See every machine and its reason: \`labos plan ${plan.model.id} --all\`.`],
  }
}

function adviceOn(closest: Offer, plan: RentPlan): string {
  const { instanceType, usdPerHour, usdUntilDeadline, region } = closest
  switch (closest.refusedFor) {
    case 'price':
      return usdPerHour === null
        ? 'Leave the limit out, or read prices with credentials: `labos prices refresh`.'
        : `The cheapest that fits is ${instanceType}: \`--max-price ${ceilCents(usdPerHour)}\`.`
    case 'cost':
      return `--max-cost and --ttl do not go together: ${instanceType} costs ${formatUsd(usdUntilDeadline ?? 0)} until that deadline. Raise one or shorten the other.`
    case 'region':
      return `${instanceType} would fit, but is not in ${region}: name another \`--region\`.`
    case 'memory':
      return memoryAdvice(closest, plan)
    default:
      return 'Ask for another `--gpu` or `--instance-type`, or for none.'
  }
}

function memoryAdvice({ instanceType, reason, kvTokens }: Offer, { model, request }: RentPlan): string {
  const most = Math.floor((kvTokens ?? 0) / 1.1 / request.concurrency / 1024) * 1024
  if (most >= 1024 && most <= model.contextMax)
    return `${instanceType} has room for \`--context ${formatTokens(most)}\`${request.concurrency > 1 ? ` at --concurrency ${String(request.concurrency)}` : ''}.`
  return `${instanceType} came closest (${reason}): a lower \`--precision\`, or a larger \`--gpu\`.`
}

const ceilCents = (usd: number): string => (Math.ceil(usd * 100) / 100).toFixed(2)
