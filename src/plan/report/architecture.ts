/** What `config.json` says of how a model is built, and what follows from it: parameters, KV cache. */

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

type Config = Readonly<Record<string, unknown>>

/** Reads the keys that DeepSeek-V2 and Llama use. Throws where one is missing: the catalogue is then wrong. */
export function architectureOf(config: Config): Architecture {
  const layers = need(config, 'num_hidden_layers')
  const attention = attentionOf(config)
  const experts = expertsOf(config, layers)
  const kept =
    attention.kind === 'latent'
      ? attention.keyValueRank + attention.ropeHeadDim
      : 2 * attention.keyValueHeads * attention.headDim
  return {
    name: String((config['architectures'] as readonly string[])[0]),
    layers,
    hiddenSize: need(config, 'hidden_size'),
    vocabSize: need(config, 'vocab_size'),
    tiedEmbeddings: config['tie_word_embeddings'] === true,
    attention,
    denseLayers: layers - (experts?.layers ?? 0),
    denseIntermediate: need(config, 'intermediate_size'),
    ...(experts ? { experts } : {}),
    kvBytesPerToken: layers * kept * 2,
  }
}

/** Counts weights and norms; a matrix that is both embedding and output head counts once. */
export function parametersOf(it: Architecture): ParameterCount {
  const { hiddenSize, experts } = it
  const embedding = it.vocabSize * hiddenSize
  const gatedMlp = (width: number): number => 3 * hiddenSize * width
  const each = it.layers * (attentionParameters(it) + 2 * hiddenSize) + it.denseLayers * gatedMlp(it.denseIntermediate)
  const expert = experts ? gatedMlp(experts.intermediate) : 0
  const routed = experts ? experts.layers * experts.routed * expert : 0
  const always = experts ? experts.layers * (experts.shared * expert + hiddenSize * experts.routed) : 0
  const head = it.tiedEmbeddings ? 0 : embedding
  const total = embedding + head + hiddenSize + each + routed + always
  const idle = experts ? experts.layers * (experts.routed - experts.perToken) * expert : 0
  return { total, active: total - idle - (it.tiedEmbeddings ? 0 : embedding) }
}

function attentionParameters({ attention, hiddenSize }: Architecture): number {
  const { heads } = attention
  if (attention.kind === 'grouped') {
    return 2 * hiddenSize * attention.headDim * (heads + attention.keyValueHeads)
  }
  const { queryRank, keyValueRank, ropeHeadDim, nopeHeadDim, valueHeadDim } = attention
  const queryWidth = heads * (nopeHeadDim + ropeHeadDim)
  const query = queryRank === null ? hiddenSize * queryWidth : queryRank * (hiddenSize + 1 + queryWidth)
  const down = hiddenSize * (keyValueRank + ropeHeadDim) + keyValueRank
  const up = keyValueRank * heads * (nopeHeadDim + valueHeadDim)
  return query + down + up + heads * valueHeadDim * hiddenSize
}

function attentionOf(config: Config): Architecture['attention'] {
  const heads = need(config, 'num_attention_heads')
  if (config['kv_lora_rank'] === undefined) {
    const headDim = need(config, 'hidden_size') / heads
    return { kind: 'grouped', heads, keyValueHeads: need(config, 'num_key_value_heads'), headDim }
  }
  return {
    kind: 'latent',
    heads,
    queryRank: config['q_lora_rank'] === null ? null : need(config, 'q_lora_rank'),
    keyValueRank: need(config, 'kv_lora_rank'),
    ropeHeadDim: need(config, 'qk_rope_head_dim'),
    nopeHeadDim: need(config, 'qk_nope_head_dim'),
    valueHeadDim: need(config, 'v_head_dim'),
  }
}

function expertsOf(config: Config, layers: number): Experts | undefined {
  if (config['n_routed_experts'] === undefined) return undefined
  return {
    layers: layers - need(config, 'first_k_dense_replace'),
    routed: need(config, 'n_routed_experts'),
    shared: need(config, 'n_shared_experts'),
    perToken: need(config, 'num_experts_per_tok'),
    intermediate: need(config, 'moe_intermediate_size'),
  }
}

function need(config: Config, key: string): number {
  const value = config[key]
  if (typeof value !== 'number') throw new Error(`the model's config has no number ${key}`)
  return value
}
