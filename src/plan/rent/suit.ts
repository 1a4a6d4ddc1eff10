/** One checkpoint on one instance type: over how many GPUs, with how much context, or why not. Knows no prices, no regions. */
import type { InstanceType } from '../aws/type-table.js'
import { fit, type FitTerms, GPU_MEMORY_UTILIZATION, SPARE } from '../fit.js'
import { type Gpu, gpuNamed } from '../gpus.js'
import { largestParallel } from '../memory/parallel.js'
import type { ModelShape } from '../memory/shape.js'
import type { Candidate, Rentable } from './candidate.js'
import type { RentRequest } from './request.js'

export interface Suit {
  readonly type: InstanceType
  readonly candidate: Candidate
  readonly tensorParallel: number
  /** What the engine is told. */
  readonly contextTokens: number
  readonly maxSequences: number
  /** Absent where the memory was stated, not computed. */
  readonly terms?: FitTerms
  /** Absent = it fits. */
  readonly refusal?: TypeRefusal
  /** What to know of it though it fits, in short clauses. */
  readonly remarks: readonly string[]
}

export interface TypeRefusal {
  readonly why: 'architecture' | 'capability' | 'memory'
  readonly text: string
  /** For `memory`: missing on each GPU. */
  readonly shortGiB?: number
}

export const MAX_BATCHED_TOKENS = 2048
const MAX_SEQUENCES = 32
/** vLLM's floor, and that of its kernels for MLA and bf16. */
const CAPABILITY_LEAST = 7.5
const CAPABILITY_MLA = 8
const CAPABILITY_FP8 = 8.9
/** Lengths that a context is shortened to when none was asked for; below the last, less precise weights are better. */
const CONTEXT_STEPS = [131_072, 98_304, 65_536, 49_152, 32_768, 24_576, 16_384]
/** The loader and the system, beside a checkpoint that passes through the host's memory. */
const HOST_GIB = 10

/** Contexts to try, longest first. */
export function contextsFor(
  { contextMaxTokens }: Rentable,
  { contextTokens }: Pick<RentRequest, 'contextTokens'>,
): readonly number[] {
  if (contextTokens !== undefined) return [contextTokens]
  return [contextMaxTokens, ...CONTEXT_STEPS.filter((step) => step < contextMaxTokens)]
}

export function suit(candidate: Candidate, type: InstanceType, contexts: readonly number[], concurrency: number): Suit {
  const { sizing } = candidate
  const maxSequences = Math.max(MAX_SEQUENCES, concurrency)
  const contextTokens = contexts[0] ?? 1
  const base = { type, candidate, tensorParallel: 1, contextTokens, maxSequences, remarks: [] }
  const refusal = refuseKind(type, sizing.kind === 'computed' ? sizing.shape : undefined)
  if (refusal) return { ...base, refusal }
  if (sizing.kind === 'stated') return statedSuit(base, sizing.totalGiB)
  return computedSuit(base, sizing.shape, contexts, concurrency)
}

const gpuOf = ({ gpu, gpuMemoryMiB, gpuFacts }: InstanceType): Gpu & { readonly isAssumed: boolean } =>
  gpuFacts ? { ...gpuFacts, isAssumed: false } : gpuNamed(gpu, gpuMemoryMiB)

function refuseKind(type: InstanceType, shape: ModelShape | undefined): TypeRefusal | undefined {
  if (type.architecture === 'arm64') return { why: 'architecture', text: 'Arm host, vLLM here needs x86-64' }
  const { computeCapability: has } = gpuOf(type)
  const isMla = shape?.attention.kind === 'mla'
  const needs = isMla ? CAPABILITY_MLA : CAPABILITY_LEAST
  if (has >= needs) return undefined
  const what = isMla ? 'MLA' : 'vLLM'
  return { why: 'capability', text: `GPU too old (${has.toFixed(1)}; ${what} needs ${needs.toFixed(1)})` }
}

function computedSuit(base: Suit, shape: ModelShape, contexts: readonly number[], concurrency: number): Suit {
  const { type, maxSequences } = base
  const gpu = gpuOf(type)
  const tensorParallel = largestParallel(shape, type.gpuCount)
  const tryOne = (contextTokens: number): Suit => {
    const serving = { contextTokens, maxSequences, maxBatchedTokens: MAX_BATCHED_TOKENS, concurrency }
    const { verdict, shortGiB, terms } = fit(shape, gpu.visibleGiB, tensorParallel, serving)
    const suited = { ...base, tensorParallel, contextTokens, terms, remarks: remarksOn(base, tensorParallel) }
    if (verdict === 'fits') return suited
    return { ...suited, refusal: memoryRefusal(shortGiB, tensorParallel) }
  }
  for (const contextTokens of contexts.slice(0, -1)) {
    const tried = tryOne(contextTokens)
    if (!tried.refusal) return tried
  }
  return tryOne(contexts.at(-1) ?? 1)
}

function statedSuit(base: Suit, totalGiB: number): Suit {
  const { type } = base
  const { visibleGiB } = gpuOf(type)
  const tensorParallel = type.gpuCount
  const shortGiB = (totalGiB * (1 + SPARE)) / tensorParallel - visibleGiB * GPU_MEMORY_UTILIZATION
  const suited = { ...base, tensorParallel }
  return shortGiB <= 0 ? suited : { ...suited, refusal: memoryRefusal(shortGiB, tensorParallel) }
}

const memoryRefusal = (shortGiB: number, tensorParallel: number): TypeRefusal => ({
  why: 'memory',
  text: `${shortGiB < 0.05 ? '<0.1' : shortGiB.toFixed(1)} GiB short${tensorParallel > 1 ? ' on each GPU' : ''}`,
  shortGiB,
})

/** Short enough for a table; `docs/plan.md` explains each. */
function remarksOn({ type, candidate }: Suit, tensorParallel: number): string[] {
  const gpu = gpuOf(type)
  return [
    ...(tensorParallel < type.gpuCount ? [`${String(tensorParallel)}/${String(type.gpuCount)} GPUs`] : []),
    ...(isTight(type, candidate) ? ['low RAM'] : []),
    ...(candidate.precision === 'fp8' && gpu.computeCapability < CAPABILITY_FP8 ? ['no FP8'] : []),
    ...(gpu.isAssumed ? ['GPU guessed'] : []),
  ]
}

/** The checkpoint does not lie in the host's memory beside what else runs there: loading is slower, and may fail. */
export const isTight = ({ memoryGiB }: InstanceType, { weightsBytes }: Candidate): boolean =>
  memoryGiB < weightsBytes / 2 ** 30 + HOST_GIB
