/** `labos plan --explain`: the memory of one offer, summed line by line, and where its other numbers come from. */
import { GPU_MEMORY_UTILIZATION, SPARE, type FitTerms } from '../plan/fit.js'
import type { Offer } from '../plan/rent/offer.js'
import type { RentPlan } from '../plan/rent/rent-plan.js'
import { formatContext, formatExact } from '../ui/counts.js'
import type { Paint } from '../ui/paint.js'
import { factLines } from '../ui/text.js'
import { gpuText } from './plan-screen.js'
import { priceText } from './price-text.js'

const LABEL = 52

export function explainScreen(plan: RentPlan, offer: Offer, paint: Paint): string {
  const { terms } = offer
  return [
    paint.bold(
      `${plan.model.id} (${plan.model.precision}) on ${offer.instanceType}: ${gpuText(offer)}, ${formatContext(offer.contextTokens)} tokens`,
    ),
    '',
    ...(terms ? sum(terms, offer, plan, paint) : [`  No sum: ${offer.reason}.`]),
    '',
    ...factLines([
      [
        'verdict',
        offer.verdict === 'fits'
          ? `fits${offer.reason === 'fits' ? '' : ` (${offer.reason})`}`
          : `refused: ${offer.reason}`,
      ],
      ['price', priceText(offer)],
      ['start-up', startUpText(offer)],
      [
        'disk',
        `${String(offer.diskGB)} GB: 100 for image and engine${offer.weightsOnLocalDisk ? '; weights go to the NVMe disk' : ', the rest for weights'}`,
      ],
    ]),
    '',
    '  What each line means, and from where: docs/plan.md',
  ].join('\n')
}

function sum(terms: FitTerms, offer: Offer, plan: RentPlan, paint: Paint): string[] {
  const { weights, overhead } = terms
  const size = offer.tensorParallel
  const split = size > 1 ? `, 1/${String(size)} on each GPU` : ''
  const optional = (label: string, gib: number): string[] => (gib === 0 ? [] : [line(label, gib)])
  return [
    line('memory of one GPU that programs see', terms.visibleGiB),
    line(`of which vLLM may use ${String(GPU_MEMORY_UTILIZATION * 100)} %`, terms.budgetGiB),
    '',
    line(`layers${split}`, weights.shardedGiB),
    optional('projections, gates and norms whole on each GPU', weights.replicatedGiB),
    line(`embedding and output head, 16 bit${split}`, weights.embeddingsGiB),
    optional('16-bit copies of quantised attention projections', weights.absorbedGiB),
    line('table of positions', weights.ropeCacheGiB),
    paint.bold(line('= weights', weights.totalGiB)),
    '',
    line(`CUDA and libraries${size > 1 ? ', exchange between GPUs' : ''}`, overhead.runtimeGiB),
    line('largest step of computation', overhead.activationsGiB),
    optional('workspace of its attention (MLA)', overhead.workspaceGiB),
    line(`sampling of ${String(offer.maxSequences)} requests`, overhead.samplerGiB),
    line('CUDA graphs', overhead.cudaGraphsGiB),
    paint.bold(line('= engine', overhead.totalGiB)),
    '',
    paint.bold(line('left for the KV cache', terms.kvAvailableGiB)),
    text('KV cache of one token on each GPU', `${formatExact(terms.kvBytesPerToken)} B`),
    text('room for', `${formatExact(terms.kvTokens)} tokens`),
    line(neededText(terms, plan), terms.kvNeededGiB),
    line('left over', terms.kvAvailableGiB - terms.kvNeededGiB),
  ].flat()
}

function neededText({ neededTokens }: FitTerms, { request }: RentPlan): string {
  const times = request.concurrency > 1 ? ` (${String(request.concurrency)} requests)` : ''
  return `needed: ${formatExact(neededTokens)} tokens${times}, ${String(SPARE * 100)} % spare`
}

const line = (label: string, gib: number): string => text(label, `${gib.toFixed(2)} GiB`)
const text = (label: string, value: string): string => `  ${label.padEnd(LABEL)}${value.padStart(16)}`

function startUpText({ startUp }: Offer): string {
  const { bootSeconds, downloadSeconds, loadSeconds, compileSeconds, totalSeconds } = startUp
  return `about ${String(totalSeconds)} s = ${String(bootSeconds)} boot + ${String(downloadSeconds)} download + ${String(loadSeconds)} load + ${String(compileSeconds)} compile (estimate)`
}
