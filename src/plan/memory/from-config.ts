/** `config.json` of a Hugging Face checkpoint -> what of it decides memory. Pure; never throws, whatever the file holds. */
import { fieldsOf, isRecord, type Fields } from './fields.js'
import { quantisationOf } from './quantisation.js'
import type { Attention, Mlp, ModelShape, Moe } from './shape.js'

export type ShapeReading =
  | {
      readonly ok: true
      readonly shape: ModelShape
      /** What was taken for granted, in sentences. */
      readonly assumed: readonly string[]
    }
  | { readonly ok: false; readonly missing: readonly string[] }

type Config = Readonly<Record<string, unknown>>

/** Decoders whose memory is known to follow this arithmetic. */
const FAMILIAR =
  /^(?:Llama|Mistral|Mixtral|Qwen[23]|Qwen[23]Moe|Deepseek|DeepseekV[23]|Gemma2?|Phi3|Granite|Olmo2?|Cohere|Starcoder2|GPTNeoX)ForCausalLM$/
const WITHOUT_GATE = /^(?:Starcoder2|GPTNeoX|Phi|GPT2|OPT|Bloom|Falcon)/
const LAYERS_MOST = 1000
const WIDTH_MOST = 1 << 20
const VOCAB_MOST = 1 << 24
const POSITIONS_MOST = 1 << 30

export function shapeFromConfig(config: unknown): ShapeReading {
  if (!isRecord(config)) return { ok: false, missing: ['config.json is not a JSON object'] }
  const kind = refusedKind(config)
  if (kind !== undefined) return { ok: false, missing: [kind] }
  const read = fieldsOf(config)
  const architecture = architectureOf(config)
  const layers = read.count(['num_hidden_layers', 'n_layer'], LAYERS_MOST)
  const hiddenSize = read.count(['hidden_size', 'n_embd'], WIDTH_MOST)
  const attention = attentionOf(read, hiddenSize)
  const mlp = mlpOf(config, read, architecture, layers)
  const vocabSize = read.count(['vocab_size'], VOCAB_MOST)
  const positions = read.count(['max_position_embeddings', 'n_positions'], POSITIONS_MOST)
  const quantisation = quantisationOf(config['quantization_config'])
  const missing = [...read.missing, ...(quantisation.ok ? [] : [quantisation.missing])]
  if (missing.length > 0 || !quantisation.ok) return { ok: false, missing }
  const dtype = config['torch_dtype'] ?? config['dtype']
  return {
    ok: true,
    assumed: assumptions(architecture, dtype),
    shape: {
      architecture,
      layers,
      hiddenSize,
      vocabSize,
      attention,
      mlp,
      positions,
      tiedEmbeddings: config['tie_word_embeddings'] === true,
      parameterBytes: dtype === 'float32' ? 4 : 2,
      quantisation: quantisation.quantisation,
      sizeFactor: 1,
    },
  }
}

function refusedKind(config: Config): string | undefined {
  if (isRecord(config['vision_config']) || isRecord(config['audio_config']) || isRecord(config['text_config']))
    return 'a text-only model: this one has other parts (vision_config, audio_config or text_config)'
  if (config['is_encoder_decoder'] === true) return 'a decoder-only model: this one has an encoder'
  const mixers = ['ssm_cfg', 'mamba_d_state', 'mamba_d_conv', 'linear_num_key_heads', 'layer_types_mamba']
  const mixer = mixers.find((key) => Object.hasOwn(config, key))
  return mixer === undefined ? undefined : `attention in every layer: this one has others (${mixer})`
}

function architectureOf(config: Config): string {
  const names = config['architectures']
  const first: unknown = Array.isArray(names) ? names[0] : undefined
  return typeof first === 'string' && /^\w{1,80}$/.test(first) ? first : 'unnamed'
}

function assumptions(architecture: string, dtype: unknown): string[] {
  return [
    ...(FAMILIAR.test(architecture)
      ? []
      : [
          `The architecture ${architecture} is new to labos: read as a plain decoder with the numbers of its config.json.`,
        ]),
    ...(dtype === 'float32' ? ['Stored in 32 bits; vLLM serves it in 16.'] : []),
  ]
}

function attentionOf(read: Fields, hiddenSize: number): Attention {
  const heads = read.count(['num_attention_heads', 'n_head'], WIDTH_MOST)
  const kvLoraRank = read.countOr('kv_lora_rank', undefined, WIDTH_MOST)
  if (kvLoraRank === undefined) {
    const headDim = read.countOr('head_dim', Math.max(1, Math.floor(hiddenSize / heads)), WIDTH_MOST)
    return { kind: 'grouped', heads, kvHeads: read.countOr('num_key_value_heads', heads, WIDTH_MOST), headDim }
  }
  return {
    kind: 'mla',
    heads,
    kvLoraRank,
    qLoraRank: read.countOr('q_lora_rank', null, WIDTH_MOST),
    qkNopeHeadDim: read.count(['qk_nope_head_dim'], WIDTH_MOST),
    qkRopeHeadDim: read.count(['qk_rope_head_dim'], WIDTH_MOST),
    vHeadDim: read.count(['v_head_dim'], WIDTH_MOST),
  }
}

function mlpOf(config: Config, read: Fields, architecture: string, layers: number): Mlp {
  const projections = WITHOUT_GATE.test(architecture) ? 2 : 3
  const routedExperts =
    read.countOr('n_routed_experts', undefined, WIDTH_MOST) ??
    read.countOr('num_local_experts', undefined, WIDTH_MOST) ??
    read.countOr('num_experts', undefined, WIDTH_MOST)
  if (routedExperts === undefined)
    return {
      projections,
      denseLayers: layers,
      denseIntermediate: read.count(['intermediate_size', 'n_inner'], WIDTH_MOST),
    }
  const moe = moeOf(config, read, routedExperts, layers)
  const denseLayers = layers - moe.layers
  return {
    projections,
    denseLayers,
    denseIntermediate: denseLayers > 0 ? read.count(['intermediate_size'], WIDTH_MOST) : 0,
    moe,
  }
}

function moeOf(config: Config, read: Fields, routedExperts: number, layers: number): Moe {
  const expertIntermediate = read.count(['moe_intermediate_size', 'intermediate_size'], WIDTH_MOST)
  const shared = read.countOr('n_shared_experts', 0, WIDTH_MOST)
  return {
    layers: moeLayers(config, read, layers),
    routedExperts,
    expertIntermediate,
    sharedIntermediate: read.countOr('shared_expert_intermediate_size', shared * expertIntermediate, WIDTH_MOST),
    expertsPerToken: read.count(['num_experts_per_tok'], routedExperts),
  }
}

/** DeepSeek: every `moe_layer_freq`-th from `first_k_dense_replace` on. Qwen: every `decoder_sparse_step`-th but `mlp_only_layers`. */
function moeLayers(config: Config, read: Fields, layers: number): number {
  const first = Math.min(
    layers,
    isZero(config['first_k_dense_replace']) ? 0 : read.countOr('first_k_dense_replace', 0, LAYERS_MOST),
  )
  const step = read.countOr('moe_layer_freq', read.countOr('decoder_sparse_step', 1, LAYERS_MOST), LAYERS_MOST)
  const only = config['mlp_only_layers']
  const plain = Array.isArray(only) ? Math.min(only.length, layers) : 0
  return Math.max(1, Math.ceil((layers - first) / step) - plain)
}

const isZero = (value: unknown): boolean => value === 0
