/** What the plan said against what vLLM measured when it started: the sums of the plan, checked on every machine. Pure. */
import { formatGiB } from '../ui/format.js'

/** Of one GPU; null where the plan did not compute it. */
export interface PlannedUse {
  readonly weightsGiB: number | null
  readonly kvTokens: number | null
}

/** What the log of one start says; absent where it does not. */
export interface MeasuredUse {
  readonly weightsGiB?: number
  readonly kvTokens?: number
  /** Longest request that the engine takes. */
  readonly contextTokens?: number
}

export interface Drift {
  readonly what: 'weights' | 'kv-cache'
  readonly planned: number
  readonly measured: number
  /** Measured above planned, as a share of it: -0.2 = a fifth less. */
  readonly share: number
  /** For people, a whole sentence. */
  readonly text: string
}

/** Lines that `measuredUse` reads, as an extended regular expression for `grep -E`. */
export const TELLING_LINES =
  'Initializing a V1 LLM engine|[Mm]odel loading took [0-9.]+ GiB|KV cache size: [0-9,]+ tokens|Using max model len [0-9]+'

const START = /vLLM API server version|Using max model len/
const TOLERATED = 0.15

/** Of the last start in the log: of several GPUs, the fullest one's weights and the smallest KV cache. */
export function measuredUse(lines: readonly string[]): MeasuredUse {
  const start = lines.findLastIndex((line) => START.test(line))
  const text = lines.slice(Math.max(0, start)).join('\n')
  const numbers = (pattern: RegExp): number[] =>
    [...text.matchAll(pattern)].map(([, number = '']) => Number(number.replaceAll(',', ''))).filter(Number.isFinite)
  const weights = numbers(/[Mm]odel loading took ([0-9.]+) GiB/g)
  const tokens = numbers(/KV cache size: ([0-9,]+) tokens/g)
  const [context] = numbers(/Using max model len ([0-9]+)/g)
  return {
    ...(weights.length === 0 ? {} : { weightsGiB: Math.max(...weights) }),
    ...(tokens.length === 0 ? {} : { kvTokens: Math.min(...tokens) }),
    ...(context === undefined ? {} : { contextTokens: context }),
  }
}

/** In what the machine is further off the plan than 15 %, either way. */
export function driftOf(planned: PlannedUse, measured: MeasuredUse): Drift[] {
  return [
    ...drift('weights', planned.weightsGiB, measured.weightsGiB, 'Weights on each GPU', formatGiB),
    ...drift('kv-cache', planned.kvTokens, measured.kvTokens, 'Room for the KV cache', tokensText),
  ]
}

function drift(
  what: Drift['what'],
  planned: number | null,
  measured: number | undefined,
  label: string,
  format: (value: number) => string,
): Drift[] {
  if (planned === null || planned <= 0 || measured === undefined) return []
  const share = measured / planned - 1
  if (Math.abs(share) <= TOLERATED) return []
  const percent = `${String(Math.round(Math.abs(share) * 100))} % ${share > 0 ? 'more' : 'less'}`
  const text = `${label}: ${format(measured)}, the plan said ${format(planned)} (${percent}).`
  return [{ what, planned, measured, share, text }]
}

const tokensText = (tokens: number): string => `${String(tokens)} tokens`
