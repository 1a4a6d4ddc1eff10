/** `labos plan` as text: what would be rented, why, what it costs, and what else there is. 80 columns. */
import type { Offer } from '../plan/rent/offer.js'
import type { RentPlan } from '../plan/rent/rent-plan.js'
import { tallyText } from '../plan/rent/tally.js'
import { formatContext, formatExact } from '../ui/counts.js'
import { formatBytes, formatDuration, formatUsd } from '../ui/format.js'
import type { Paint } from '../ui/paint.js'
import { columns, factLines, wrap } from '../ui/text.js'
import { checkLines, quotaUse } from './facts-screen.js'
import { agedPrices, priceBasis, priceText } from './price-text.js'

export interface PlanScreenFacts {
  /** Show refused offers too, and all that fit. */
  readonly all: boolean
  /** Days since the prices were read; undefined where none is known. */
  readonly priceAgeDays?: number
  /** What the user types to run labos. */
  readonly program: string
}

const SHOWN = 8

export function planScreen(plan: RentPlan, paint: Paint, facts: PlanScreenFacts): string {
  const [first] = plan.offers
  const fits = plan.offers.filter(({ verdict }) => verdict === 'fits')
  return [
    paint.bold(`${plan.model.id}: ${plan.model.title}`),
    '',
    ...(first?.verdict === 'fits' ? [...summary(plan, first), ''] : []),
    ...ladder(plan, paint, facts),
    ...wrap(`${tallyText(plan.tally)}.${hint(plan, fits.length, facts)}`, '  '),
    ...alternatives(plan),
    ...checkLines(plan.checks, paint),
    ...remarks(plan, facts),
  ].join('\n')
}

function summary({ model, decisions, request }: RentPlan, offer: Offer): string[] {
  const files = model.weightFiles === null ? '' : ` in ${String(model.weightFiles)} files`
  return factLines([
    [
      'weights',
      `${model.repo} (${offer.terms ? model.precision : 'at most'}, ${formatBytes(model.weightsBytes)}${files})`.replace(
        'most,',
        'most',
      ),
    ],
    ...(model.revision === null ? [] : [['commit', model.revision] as const]),
    ['machine', machineText(offer)],
    ['context', contextText(offer, request.concurrency)],
    ['memory', memoryText(offer)],
    ['price', priceText(offer)],
    ['quota', quotaText(offer)],
    [
      'disk',
      `${String(offer.diskGB)} GB to rent; weights on ${offer.weightsOnLocalDisk ? "the machine's own NVMe disk" : 'it too'}`,
    ],
    [
      'start-up',
      `about ${minutes(offer.startUp.totalSeconds)} (estimate), ${minutes(offer.startUp.downloadSeconds)} of it download`,
    ],
    ...decisions.map((text, index) => [index === 0 ? 'decided' : '', text] as const),
  ])
}

const machineText = (offer: Offer): string =>
  `${offer.instanceType} in ${offer.region}, ${offer.market}: ${gpuText(offer)}, ${String(offer.vcpus)} vCPU, ${String(offer.memoryGiB)} GiB RAM${offer.reason === 'fits' ? '' : `; ${offer.reason}`}`

export const gpuText = ({ gpuCount, gpu }: Offer): string => `${String(gpuCount)}x ${gpu}`

function contextText({ contextTokens, kvTokens, maxSequences }: Offer, concurrency: number): string {
  const room = kvTokens === null ? '' : `, room for ${formatExact(kvTokens)}`
  const full = concurrency > 1 ? `, ${String(concurrency)} requests of that length at a time` : ''
  return `${formatContext(contextTokens)} tokens${full}${room}; ${String(maxSequences)} requests at most`
}

function memoryText({ terms, gpu, tensorParallel }: Offer): string {
  if (!terms) return 'as you stated it'
  const { weights, overhead, kvNeededGiB, budgetGiB, visibleGiB } = terms
  const each = tensorParallel > 1 ? ` on each of ${String(tensorParallel)} GPUs` : ''
  const total = weights.totalGiB + overhead.totalGiB + kvNeededGiB
  return `${weights.totalGiB.toFixed(1)} weights + ${overhead.totalGiB.toFixed(1)} engine + ${kvNeededGiB.toFixed(1)} KV cache = ${total.toFixed(1)} of ${budgetGiB.toFixed(1)} GiB${each} (${gpu}: ${visibleGiB.toFixed(1)})`
}

const quotaText = ({ quota, region }: Offer): string =>
  `${String(quota.vcpus)} vCPU of "${quota.name}"${quota.code === null ? '' : ` (${quota.code})`} in ${region}: ${quota.checked ? quotaUse(quota) : 'not checked (no credentials)'}`

const minutes = (seconds: number): string =>
  formatDuration(Math.max(60, Math.round(seconds / 60) * 60) * 1000).replace(' 00 s', '')

function ladder(plan: RentPlan, paint: Paint, { all }: PlanScreenFacts): string[] {
  const fits = plan.offers.filter(({ verdict }) => verdict === 'fits')
  const refused = all ? plan.offers.filter(({ verdict }) => verdict === 'refused') : []
  return [
    ...(fits.length === 0 ? [] : fitting(all ? fits : fits.slice(0, SHOWN), plan, paint)),
    ...(refused.length === 0 ? [] : turnedDown(refused, paint)),
  ]
}

function fitting(offers: readonly Offer[], { request }: RentPlan, paint: Paint): string[] {
  const many = request.regions.length > 1
  const header = ['#', 'TYPE', ...(many ? ['REGION'] : []), 'GPU', 'CTX', '$/H', 'TO END']
  const cells = offers.map((offer, index) => [
    String(index + 1),
    offer.instanceType,
    ...(many ? [offer.region] : []),
    gpuText(offer),
    formatContext(offer.contextTokens),
    offer.usdPerHour?.toFixed(2) ?? '?',
    offer.usdUntilDeadline === null ? '?' : formatUsd(offer.usdUntilDeadline),
    many || offer.reason === 'fits' ? '' : offer.reason, // with regions there is no room for remarks
  ])
  return body([[...header, ''], ...cells], paint, ['#', 'CTX', '$/H', 'TO END'])
}

function turnedDown(offers: readonly Offer[], paint: Paint): string[] {
  const cells = offers.map((offer) => [
    offer.instanceType,
    gpuText(offer),
    offer.usdPerHour?.toFixed(2) ?? '?',
    offer.reason,
  ])
  return body([['REFUSED', 'GPU', '$/H', 'WHY'], ...cells], paint, ['$/H'])
}

/** A table with its header in bold, numbers to the right, and an empty line after it. */
function body(cells: readonly (readonly string[])[], paint: Paint, numbers: readonly string[]): string[] {
  const right = cells[0]?.flatMap((title, column) => (numbers.includes(title) ? [column] : []))
  const [head = '', ...lines] = columns(cells, right)
  return [`  ${paint.bold(head)}`, ...lines.map((line) => `  ${line}`), '']
}

function hint({ model, offers }: RentPlan, fits: number, { all, program }: PlanScreenFacts): string {
  if (all || (fits <= SHOWN && fits === offers.length)) return ''
  return ` All with their reasons: ${program} plan ${model.id} --all`
}

function alternatives({ alternatives: others }: RentPlan): string[] {
  if (others.length === 0) return []
  const price = (usd: number | null): string => (usd === null ? 'at an unknown price' : `from ${formatUsd(usd)}/h`)
  return [
    '',
    ...factLines(
      others.map(({ precision, instanceType, contextTokens, usdPerHour }) => [
        'also',
        `${precision} ${price(usdPerHour)}: ${instanceType}, ${formatContext(contextTokens)} tokens (--precision ${precision})`,
      ]),
    ),
  ]
}

function remarks(plan: RentPlan, facts: PlanScreenFacts): string[] {
  const rent = `Rent it and serve on it: \`${facts.program} up ${plan.model.id}\`.`
  const notes = [...priceNotes(plan, facts), ...plan.notes, rent]
  return ['', ...factLines(notes.map((note) => ['note', note] as const))]
}

function priceNotes(plan: RentPlan, { priceAgeDays, program }: PlanScreenFacts): string[] {
  const basis = priceBasis(plan)
  return basis === undefined ? [] : [agedPrices(basis, priceAgeDays, program)]
}
