/**
 * Does a model fit on one of the GPUs that share it? The verdict carries its whole sum. Pure; a refusal is a value. Sources
 * of the terms: docs/plan.md.
 */
import { kvBytesPerToken } from './memory/kv-cache.js'
import { overheadOf, type Overhead, type Serving } from './memory/overhead.js'
import type { ModelShape } from './memory/shape.js'
import { rankWeights, type RankWeights } from './memory/weights.js'
import { GIB } from './units.js'

/** Part of the GPU's memory that vLLM may use: its default, written into its configuration. */
export const GPU_MEMORY_UTILIZATION = 0.92
/** Never planned to the edge: the KV cache that is needed, and a tenth. */
export const SPARE = 0.1

/** Everything in GiB is on one GPU. */
export interface FitTerms {
  readonly visibleGiB: number
  /** What vLLM may use of it. */
  readonly budgetGiB: number
  readonly weights: RankWeights
  readonly overhead: Overhead
  /** Left for the KV cache; negative when weights and engine alone do not fit. */
  readonly kvAvailableGiB: number
  readonly kvBytesPerToken: number
  /** Tokens that what is left has room for. */
  readonly kvTokens: number
  /** Tokens that must have room: context length x requests of full length at a time. */
  readonly neededTokens: number
  /** The room of `neededTokens`, spare included. */
  readonly kvNeededGiB: number
}

export interface Fit {
  readonly verdict: 'fits' | 'refused'
  /** How much is missing, 0 when it fits. */
  readonly shortGiB: number
  readonly terms: FitTerms
}

/** `concurrency`: requests that may fill the whole context at the same time. */
export function fit(
  shape: ModelShape,
  visibleGiB: number,
  tensorParallel: number,
  serving: Serving & { readonly concurrency: number },
): Fit {
  const weights = rankWeights(shape, tensorParallel)
  const overhead = overheadOf(shape, tensorParallel, serving)
  const budgetGiB = visibleGiB * GPU_MEMORY_UTILIZATION
  const kvAvailableGiB = budgetGiB - weights.totalGiB - overhead.totalGiB
  const perToken = kvBytesPerToken(shape, tensorParallel)
  const neededTokens = serving.contextTokens * serving.concurrency
  const kvNeededGiB = (neededTokens * perToken * (1 + SPARE)) / GIB
  const shortGiB = Math.max(0, kvNeededGiB - kvAvailableGiB)
  return {
    verdict: shortGiB > 0 ? 'refused' : 'fits',
    shortGiB,
    terms: {
      visibleGiB,
      budgetGiB,
      weights,
      overhead,
      kvAvailableGiB,
      kvBytesPerToken: perToken,
      kvTokens: Math.max(0, Math.floor((kvAvailableGiB * GIB) / perToken)),
      neededTokens,
      kvNeededGiB,
    },
  }
}
