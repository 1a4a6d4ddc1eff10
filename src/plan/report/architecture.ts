/** What `config.json` says of how a model is built, and what follows from it: parameters, KV cache. */
import { shapeFromConfig } from '../memory/from-config.js'
import { kvBytesPerToken } from '../memory/kv-cache.js'
import type { Attention, ModelShape } from '../memory/shape.js'
import { parameterCount } from '../memory/weights.js'

export interface Architecture {
  /** As `config.json` names it, for example `DeepseekV2ForCausalLM`. */
  readonly name: string
  readonly layers: number
  readonly hiddenSize: number
  readonly vocabSize: number
  readonly tiedEmbeddings: boolean
  readonly attention: LatentAttention | GroupedAttention
  /** Layers with one plain MLP, and how wide it is. */
  readonly denseLayers: number
  readonly denseIntermediate: number
  readonly experts?: Experts
  /** KV cache of one token with 16-bit entries, where the engine keeps it the way the model was made. */
  readonly kvBytesPerToken: number
}

/** Multi-head latent attention: keys and values are kept as one small vector a token. */
interface LatentAttention {
  readonly kind: 'latent'
  readonly heads: number
  /** Null: queries are projected directly. */
  readonly queryRank: number | null
  readonly keyValueRank: number
  readonly ropeHeadDim: number
  readonly nopeHeadDim: number
  readonly valueHeadDim: number
}

interface GroupedAttention {
  readonly kind: 'grouped'
  readonly heads: number
  readonly keyValueHeads: number
  readonly headDim: number
}

interface Experts {
  readonly layers: number
  readonly routed: number
  readonly shared: number
  /** Of the routed ones. */
  readonly perToken: number
  readonly intermediate: number
}

export interface ParameterCount {
  readonly total: number
  /** What one token goes through, without an input embedding of its own. */
  readonly active: number
}

/** The shape that the memory arithmetic reads. Throws where a key is missing: the catalogue is then wrong. */
function shapeOf(config: unknown): ModelShape {
  const reading = shapeFromConfig(config)
  if (!reading.ok) throw new Error(`a catalogue entry's config: ${reading.missing.join(', ')}`)
  return reading.shape
}

export function architectureOf(config: unknown): Architecture {
  const shape = shapeOf(config)
  const { layers, hiddenSize, vocabSize, tiedEmbeddings, mlp } = shape
  return {
    name: shape.architecture,
    layers,
    hiddenSize,
    vocabSize,
    tiedEmbeddings,
    attention: attentionOf(shape.attention),
    denseLayers: mlp.denseLayers,
    denseIntermediate: mlp.denseIntermediate,
    ...(mlp.moe
      ? {
          experts: {
            layers: mlp.moe.layers,
            routed: mlp.moe.routedExperts,
            shared: mlp.moe.sharedIntermediate / mlp.moe.expertIntermediate,
            perToken: mlp.moe.expertsPerToken,
            intermediate: mlp.moe.expertIntermediate,
          },
        }
      : {}),
    kvBytesPerToken: kvBytesPerToken(shape, 1),
  }
}

/** Counts weights and norms; a matrix that is both embedding and output head counts once. */
export function parametersOf(config: unknown): ParameterCount {
  const shape = shapeOf(config)
  const { moe, projections } = shape.mlp
  const total = parameterCount(shape)
  const expert = moe ? projections * shape.hiddenSize * moe.expertIntermediate : 0
  const idle = moe ? moe.layers * (moe.routedExperts - moe.expertsPerToken) * expert : 0
  const ownEmbedding = shape.tiedEmbeddings ? 0 : shape.vocabSize * shape.hiddenSize
  return { total, active: total - idle - ownEmbedding }
}

function attentionOf(attention: Attention): Architecture['attention'] {
  if (attention.kind === 'grouped')
    return { kind: 'grouped', heads: attention.heads, keyValueHeads: attention.kvHeads, headDim: attention.headDim }
  return {
    kind: 'latent',
    heads: attention.heads,
    queryRank: attention.qLoraRank,
    keyValueRank: attention.kvLoraRank,
    ropeHeadDim: attention.qkRopeHeadDim,
    nopeHeadDim: attention.qkNopeHeadDim,
    valueHeadDim: attention.vHeadDim,
  }
}
