/**
 * Bytes of a model's weights: the whole checkpoint, and what one GPU holds of it under tensor parallelism. Which matrices
 * are split and which every GPU holds whole: docs/plan.md, from vLLM's model code.
 */
import { GIB } from '../units.js'
import type { Attention, GroupedAttention, ModelShape } from './shape.js'

/** Parameters by what happens to them. */
interface ParameterCounts {
  /** Split over the GPUs; quantised where the checkpoint is. */
  readonly sharded: number
  /** Projections of keys and values: split by KV head, but never less than one head a GPU. */
  readonly kv: number
  /** Whole on every GPU; quantised where the checkpoint is. */
  readonly replicated: number
  /** Input embedding and output head: split, always 16 bit. */
  readonly embeddings: number
  /** Router gates and norms: whole on every GPU, always 16 bit. */
  readonly plain: number
}

/** GiB that one GPU holds. */
export interface RankWeights {
  readonly shardedGiB: number
  readonly replicatedGiB: number
  readonly embeddingsGiB: number
  /** 16-bit copies of quantised MLA projections, which vLLM makes for the absorbed form; 0 without both. */
  readonly absorbedGiB: number
  readonly ropeCacheGiB: number
  readonly totalGiB: number
}

/** All parameters of the model. */
export function parameterCount(shape: ModelShape): number {
  const { sharded, kv, replicated, embeddings, plain } = countParameters(shape)
  return sharded + kv + replicated + embeddings + plain
}

/** Bytes of the checkpoint's weights on disk. */
export function checkpointBytes(shape: ModelShape): number {
  const { sharded, kv, replicated, embeddings, plain } = countParameters(shape)
  const { precision, bitsPerWeight } = shape.quantisation
  const linearBytes = precision === 'bf16' ? shape.parameterBytes : bitsPerWeight / 8
  const bytes = (sharded + kv + replicated) * linearBytes + (embeddings + plain) * shape.parameterBytes
  return Math.round(bytes * shape.sizeFactor)
}

/** What each of `tensorParallel` GPUs holds. */
export function rankWeights(shape: ModelShape, tensorParallel: number): RankWeights {
  const counts = countParameters(shape)
  const linearGiB = (parameters: number): number =>
    ((parameters * shape.quantisation.bitsPerWeight) / 8 / GIB) * shape.sizeFactor
  const halfGiB = (parameters: number): number => ((parameters * 2) / GIB) * shape.sizeFactor
  const shardedGiB = linearGiB(counts.sharded / tensorParallel) + linearGiB(kvOfRank(counts.kv, shape, tensorParallel))
  const replicatedGiB = linearGiB(counts.replicated) + halfGiB(counts.plain)
  const embeddingsGiB = halfGiB(counts.embeddings / tensorParallel)
  const absorbedGiB = absorbedBytes(shape, tensorParallel) / GIB
  const ropeCacheGiB = (shape.positions * rotaryDim(shape.attention) * 4) / GIB
  const totalGiB = shardedGiB + replicatedGiB + embeddingsGiB + absorbedGiB + ropeCacheGiB
  return { shardedGiB, replicatedGiB, embeddingsGiB, absorbedGiB, ropeCacheGiB, totalGiB }
}

function kvOfRank(kv: number, { attention }: ModelShape, tensorParallel: number): number {
  return attention.kind === 'mla' ? kv : kv / Math.min(tensorParallel, attention.kvHeads)
}

function countParameters(shape: ModelShape): ParameterCounts {
  const { layers, hiddenSize, vocabSize, mlp, attention } = shape
  const { moe, projections } = mlp
  const each = attentionParameters(attention, hiddenSize)
  const experts = moe
    ? moe.layers * hiddenSize * (moe.expertIntermediate * moe.routedExperts + moe.sharedIntermediate)
    : 0
  const dense = mlp.denseLayers * hiddenSize * mlp.denseIntermediate
  const norms = layers * (each.norms + 2 * hiddenSize) + hiddenSize
  return {
    sharded: layers * each.sharded + projections * (dense + experts),
    kv: layers * each.kv,
    replicated: layers * each.replicated,
    embeddings: (shape.tiedEmbeddings ? 1 : 2) * vocabSize * hiddenSize,
    plain: (moe ? moe.layers * hiddenSize * moe.routedExperts : 0) + norms,
  }
}

/** Parameters of one layer's attention. */
function attentionParameters(
  attention: Attention,
  hiddenSize: number,
): { readonly sharded: number; readonly kv: number; readonly replicated: number; readonly norms: number } {
  if (attention.kind === 'grouped') {
    const { heads, headDim } = attention
    return {
      sharded: 2 * hiddenSize * heads * headDim,
      kv: kvProjections(attention, hiddenSize),
      replicated: 0,
      norms: 0,
    }
  }
  const { heads, qLoraRank, kvLoraRank, qkNopeHeadDim, qkRopeHeadDim, vHeadDim } = attention
  const query = (qLoraRank ?? hiddenSize) * heads * (qkNopeHeadDim + qkRopeHeadDim)
  const expandKv = kvLoraRank * heads * (qkNopeHeadDim + vHeadDim)
  return {
    sharded: query + expandKv + heads * vHeadDim * hiddenSize,
    kv: 0,
    replicated: hiddenSize * (kvLoraRank + qkRopeHeadDim) + hiddenSize * (qLoraRank ?? 0),
    norms: kvLoraRank + (qLoraRank ?? 0),
  }
}

const kvProjections = ({ kvHeads, headDim }: GroupedAttention, hiddenSize: number): number =>
  2 * hiddenSize * kvHeads * headDim

function absorbedBytes({ attention, layers, quantisation }: ModelShape, tensorParallel: number): number {
  if (attention.kind !== 'mla' || quantisation.precision === 'bf16') return 0
  const { kvLoraRank, heads, qkNopeHeadDim, vHeadDim } = attention
  return (layers * kvLoraRank * heads * (qkNopeHeadDim + vHeadDim) * 2) / tensorParallel
}

const rotaryDim = (attention: Attention): number =>
  attention.kind === 'mla' ? attention.qkRopeHeadDim : attention.headDim
