/**
 * What vLLM takes on each GPU beside weights and KV cache. The shape of each term is from vLLM's source, the constants are
 * estimates: together right to about 1 GiB (docs/plan.md).
 */
import { GIB } from '../units.js'
import type { ModelShape } from './shape.js'

/** How the engine will be told to serve: these numbers are in its configuration, so they are never its own choice. */
export interface Serving {
  readonly contextTokens: number
  /** Requests in flight at the same time at most. */
  readonly maxSequences: number
  /** Tokens of one step at most. */
  readonly maxBatchedTokens: number
}

/** GiB on one GPU. */
export interface Overhead {
  /** CUDA context, libraries, and between GPUs the communication buffers. */
  readonly runtimeGiB: number
  /** The largest intermediate results of one step. */
  readonly activationsGiB: number
  /** Held for the prefill of MLA; 0 without it. */
  readonly workspaceGiB: number
  readonly samplerGiB: number
  readonly cudaGraphsGiB: number
  readonly totalGiB: number
}

const RUNTIME_GIB = 0.45
/** With NCCL and the buffers of its all-reduce. */
const RUNTIME_PARALLEL_GIB = 1.2
const CUDA_GRAPHS_GIB = 1
const SAMPLER_BYTES = 32
/** vLLM's bounds for the workspace of MLA prefill, in tokens. */
const WORKSPACE_MOST = 65_536
const KV_BLOCK = 64

export function overheadOf(shape: ModelShape, tensorParallel: number, serving: Serving): Overhead {
  const runtimeGiB = tensorParallel === 1 ? RUNTIME_GIB : RUNTIME_PARALLEL_GIB
  const workspace = workspaceBytes(shape, serving)
  const peaks = [
    mlpPeakBytes(shape, tensorParallel, serving),
    workspace + expandedBytes(shape, tensorParallel, serving),
  ]
  const activationsGiB = Math.max(...peaks) / GIB // one after the other, never both at once
  const workspaceGiB = workspace / GIB
  const samplerGiB = (serving.maxSequences * shape.vocabSize * SAMPLER_BYTES) / GIB
  const totalGiB = runtimeGiB + activationsGiB + workspaceGiB + samplerGiB + CUDA_GRAPHS_GIB
  return { runtimeGiB, activationsGiB, workspaceGiB, samplerGiB, cudaGraphsGiB: CUDA_GRAPHS_GIB, totalGiB }
}

/** Intermediate results of the widest MLP: gate and up projection, their product, and the sums of the step. */
function mlpPeakBytes({ mlp, hiddenSize }: ModelShape, tensorParallel: number, { maxBatchedTokens }: Serving): number {
  const { moe } = mlp
  const widthOf = (intermediate: number): number =>
    Math.max((2 * intermediate) / tensorParallel, hiddenSize) + intermediate / tensorParallel
  const perToken = moe ? moe.expertsPerToken * widthOf(moe.expertIntermediate) : widthOf(mlp.denseIntermediate)
  return maxBatchedTokens * perToken * 2 + maxBatchedTokens * hiddenSize * 8
}

/** Room for cached latents that prefill gathers. */
function workspaceBytes({ attention }: ModelShape, serving: Serving): number {
  return attention.kind === 'mla' ? workspaceTokens(serving) * (attention.kvLoraRank + attention.qkRopeHeadDim) * 2 : 0
}

/** vLLM's profile run expands the whole workspace into keys and values of this GPU's heads. */
function expandedBytes({ attention }: ModelShape, tensorParallel: number, serving: Serving): number {
  if (attention.kind !== 'mla') return 0
  const { heads, qkNopeHeadDim, vHeadDim } = attention
  return workspaceTokens(serving) * (heads / tensorParallel) * (qkNopeHeadDim + vHeadDim) * 2
}

const workspaceTokens = ({ contextTokens, maxSequences }: Serving): number =>
  Math.min(Math.max(8 * contextTokens, 4 * maxSequences * KV_BLOCK), WORKSPACE_MOST)
