/** What of a model decides the memory it takes: read from `config.json`, never from its name. */
import type { Quantisation } from '../precision.js'

export interface ModelShape {
  /** As `config.json` names it, for example `DeepseekV2ForCausalLM`. */
  readonly architecture: string
  readonly layers: number
  readonly hiddenSize: number
  readonly vocabSize: number
  readonly attention: Attention
  readonly mlp: Mlp
  /** Longest context the configuration allows, in tokens; also the length of the rope cache. */
  readonly positions: number
  /** True when input embedding and output head are one matrix. */
  readonly tiedEmbeddings: boolean
  /** Bytes of an unquantised parameter as stored: 2, or 4 for fp32. In GPU memory it is 2. */
  readonly parameterBytes: number
  readonly quantisation: Quantisation
  /** Bytes of the real checkpoint over what the arithmetic says; 1 where only the arithmetic is known. */
  readonly sizeFactor: number
}

export type Attention = MlaAttention | GroupedAttention

/** Multi-head latent attention (DeepSeek-V2 and later): one latent vector a token, whole on every GPU. */
export interface MlaAttention {
  readonly kind: 'mla'
  readonly heads: number
  /** Null: queries are projected directly. */
  readonly qLoraRank: number | null
  readonly kvLoraRank: number
  readonly qkNopeHeadDim: number
  readonly qkRopeHeadDim: number
  readonly vHeadDim: number
}

/** Multi-head and grouped-query attention: keys and values for each KV head. */
export interface GroupedAttention {
  readonly kind: 'grouped'
  readonly heads: number
  readonly kvHeads: number
  readonly headDim: number
}

export interface Mlp {
  /** Matrices of one MLP: 3 with a gate, 2 without. */
  readonly projections: 2 | 3
  /** Layers with one plain MLP. */
  readonly denseLayers: number
  readonly denseIntermediate: number
  readonly moe?: Moe
}

export interface Moe {
  readonly layers: number
  readonly routedExperts: number
  readonly expertIntermediate: number
  /** Width of all shared experts together; 0 = none. */
  readonly sharedIntermediate: number
  readonly expertsPerToken: number
}
