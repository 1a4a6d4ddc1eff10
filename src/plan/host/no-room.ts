/** Why a model does not fit on a host of the user's own, with the sum of what came closest. Pure. */
import { formatContext } from '../../ui/counts.js'
import type { Refusal } from '../decide.js'
import type { Rentable } from '../rent/candidate.js'
import type { Suit } from '../rent/suit.js'
import type { HostFacts, HostGpu } from './host-facts.js'
import { opensshLine } from './target.js'

interface Tried {
  readonly suited: Suit
}

export function refuseNoRoom(
  tried: readonly Tried[],
  { gpus }: HostFacts,
  { id }: Rentable,
  { target }: { readonly target: string },
): Refusal {
  const closest = [...tried].sort((one, other) => shortOf(one) - shortOf(other))[0]
  if (!closest) return busy(gpus, target)
  const { type, candidate, terms, refusal, tensorParallel } = closest.suited
  const on = `${String(tensorParallel)} x ${type.gpu} of ${target}`
  if (!terms) return nofit(`${id} does not fit on ${on}: ${refusal?.text ?? 'too large'}.`)
  const sum = [
    `weights ${inGiB(terms.weights.totalGiB)}`,
    `engine ${inGiB(terms.overhead.totalGiB)}`,
    `${inGiB(terms.kvNeededGiB)} for ${formatContext(terms.neededTokens)} tokens`,
  ]
  const needed = terms.weights.totalGiB + terms.overhead.totalGiB + terms.kvNeededGiB
  return nofit(
    `${id} (${candidate.precision}) does not fit on ${on}: ${sum.join(' + ')} = ${inGiB(needed)} GiB on each, of which vLLM may use ${inGiB(terms.budgetGiB)} of ${inGiB(terms.visibleGiB)}.`,
    ...roomFor(terms.kvTokens),
  )
}

const shortOf = ({ suited: { refusal } }: Tried): number => refusal?.shortGiB ?? Infinity

function nofit(message: string, ...first: string[]): Refusal {
  const more: [string, string] = [
    'A smaller checkpoint: `--precision`, or another model: `labos models`.',
    'Rent a machine: `--provider aws`.',
  ]
  const [hint, ...others] = first
  return { code: 'plan.nofit', message, suggestions: hint === undefined ? more : [hint, ...others, ...more] }
}

/** The longest context that has room, a tenth spare. */
function roomFor(kvTokens: number): string[] {
  const most = Math.floor(kvTokens / 1.1 / 1024) * 1024
  return most >= 1024 ? [`There is room for \`--context ${formatContext(most)}\`.`] : []
}

function busy(gpus: readonly HostGpu[], target: string): Refusal {
  const used = gpus.map(
    ({ index, name, memoryMiB, usedMiB }) =>
      `${String(index)} (${name}) ${inGiB(usedMiB / 1024)} of ${inGiB(memoryMiB / 1024)} GiB`,
  )
  return {
    code: 'host.unfit',
    message: `Every GPU of ${target} is in use: ${used.join(', ')}.`,
    suggestions: [`See by whom: \`${opensshLine(target, 'nvidia-smi')}\`. The engine takes a GPU whole.`],
  }
}

const inGiB = (gib: number): string => gib.toFixed(1)
