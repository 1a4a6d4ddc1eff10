/** A plan of a rented machine as the user agrees to it: short; `labos plan` says more. */
import type { Offer } from '../plan/rent/offer.js'
import type { RentPlan } from '../plan/rent/rent-plan.js'
import type { ServingTerms } from '../plan/rent/serving-terms.js'
import { formatContext } from './counts.js'
import { machineEndsText } from './ends-text.js'
import { formatBytes, formatUsd, formatUsdOr } from './format.js'
import { factLines } from './text.js'

const ALSO_SHOWN = 3

export function rentPlanText({ model, offers, notes }: RentPlan, serving?: ServingTerms): string {
  const fits = offers.filter(({ verdict }) => verdict === 'fits')
  const [first, ...others] = fits
  if (!first) return factLines([['model', model.title]]).join('\n')
  return factLines([
    ['model', model.title],
    ['weights', `${model.repo}, ${model.precision}, ${formatBytes(model.weightsBytes)}`],
    ['machine', machineText(first)],
    ...(others.length === 0 ? [] : [['else', elseText(others)] as const]),
    ['context', `${formatContext(first.contextTokens)} tokens`],
    ['price', priceText(first)],
    ...(others.length === 0 ? [] : [['at most', mostText(fits)] as const]),
    ...(serving ? [['engine', `vLLM ${serving.engineVersion}`] as const] : []),
    ['ends', machineEndsText({ ...serving, ttlMs: first.deadlineMs })],
    ['disk', `${String(first.diskGB)} GB`],
    ...notes.map((note) => ['note', note] as const),
  ]).join('\n')
}

const machineText = ({ instanceType, gpuCount, gpu, market, region }: Offer): string =>
  `${instanceType}, ${gpuCount === 1 ? '' : `${String(gpuCount)} x `}${gpu}, ${market} in ${region}`

function elseText(others: readonly Offer[]): string {
  const shown = others.slice(0, ALSO_SHOWN).map(({ instanceType, usdPerHour, region }) => {
    return `${instanceType} (${formatUsdOr(usdPerHour, '?')}/h${region === others[0]?.region ? '' : `, ${region}`})`
  })
  const more = others.length - shown.length
  return `${shown.join(', ')}${more > 0 ? `, ${String(more)} more` : ''}`
}

/** What is agreed to: the dearest machine that may be tried. */
function mostText(fits: readonly Offer[]): string {
  const most = Math.max(...fits.map(({ usdPerHour }) => usdPerHour ?? Infinity))
  const text = Number.isFinite(most) ? `${formatUsd(most)}/h` : 'not known'
  return `${text}, if no cheaper machine is free; another limit: \`--max-price\``
}

function priceText({ usdPerHour, besidesUsdPerHour, usdUntilDeadline, priceAsOf }: Offer): string {
  if (usdPerHour === null) return `not known; disk and address ${formatUsd(besidesUsdPerHour)}/h`
  const whole = `${formatUsd(usdPerHour)}/h + ${formatUsd(besidesUsdPerHour)}/h disk and address`
  const until = usdUntilDeadline === null ? '' : `; ${formatUsd(usdUntilDeadline)} until the end`
  return `${whole}${until}${priceAsOf === null ? '' : ` (list of ${priceAsOf})`}`
}
