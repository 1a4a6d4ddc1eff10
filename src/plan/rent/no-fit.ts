/** Why no machine fits, and what would have to change: from the offer that came closest. */
import { formatContext } from '../../ui/counts.js'
import { formatDuration, formatUsd } from '../../ui/format.js'
import type { Refusal } from '../decide.js'
import type { Offer, RefusedFor } from './offer.js'
import type { RentPlan } from './rent-plan.js'
import { tallyText } from './tally.js'

/** Undefined when something fits. */
export function refuseNoFit(plan: RentPlan): Refusal | undefined {
  const [closest] = plan.offers
  if (!closest || closest.verdict === 'fits') return undefined
  return {
    code: 'plan.nofit',
    message: `No machine fits ${plan.model.id} as asked: ${tallyText(plan.tally.filter(({ count }) => count > 0))}.`,
    suggestions: [
      ADVICE[closest.refusedFor ?? 'filter'](closest, plan),
      `See every machine and its reason: \`labos plan ${plan.model.id} --all\`.`,
    ],
  }
}

const ANOTHER_MACHINE = 'Ask for another `--gpu` or `--instance-type`, or for none.'

const ADVICE: Readonly<Record<RefusedFor, (closest: Offer, plan: RentPlan) => string>> = {
  price: ({ usdPerHour, instanceType }) =>
    usdPerHour === null
      ? 'Leave the limit out, or read prices with credentials: `labos prices refresh`.'
      : `The cheapest that fits is ${instanceType}: \`--max-price ${ceilCents(usdPerHour)}\`.`,
  cost: ({ instanceType, usdUntilDeadline, deadlineMs }) =>
    `${instanceType} costs ${formatUsd(usdUntilDeadline ?? 0)} in ${formatDuration(deadlineMs)}: raise --max-cost, or shorten --ttl.`,
  region: ({ instanceType, region }) =>
    `${instanceType} would fit, but is not in ${region}: name another \`--region\`.`,
  memory: memoryAdvice,
  capability: () => ANOTHER_MACHINE,
  architecture: () => ANOTHER_MACHINE,
  filter: () => ANOTHER_MACHINE,
}

function memoryAdvice({ instanceType, reason, kvTokens }: Offer, { model, request }: RentPlan): string {
  const most = Math.floor((kvTokens ?? 0) / 1.1 / request.concurrency / 1024) * 1024
  if (most >= 1024 && most <= model.contextMax)
    return `${instanceType} has room for \`--context ${formatContext(most)}\`${request.concurrency > 1 ? ` at --concurrency ${String(request.concurrency)}` : ''}.`
  return `${instanceType} came closest (${reason}): a lower \`--precision\`, or a larger \`--gpu\`.`
}

const ceilCents = (usd: number): string => (Math.ceil(usd * 100) / 100).toFixed(2)
