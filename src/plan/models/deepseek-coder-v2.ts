/**
 * DeepSeek-Coder-V2: Lite (16B) and full (236B), each Instruct and Base. Configurations from the repositories'
 * `config.json`; sizes and file counts as the hub shows them.
 */
import type { CatalogModel, Checkpoint } from '../catalog-model.js'
import { continuedFunction, oneLineFunction } from './canary.js'

const licence = 'deepseek-license (weights; commercial use allowed)'
/** Trained and tested to 128K by YaRN; the configuration's 163,840 positions are not a promise. */
const contextMaxTokens = 131_072

/** Fill-in-the-middle tokens (tokenizer.json ids 100002 to 100004); U+FF5C and U+2581 as escapes on purpose. */
const fim = {
  template: '<\uFF5Cfim\u2581begin\uFF5C>{prefix}<\uFF5Cfim\u2581hole\uFF5C>{suffix}<\uFF5Cfim\u2581end\uFF5C>',
  stop: [
    '<\uFF5Cend\u2581of\u2581sentence\uFF5C>',
    '<\uFF5Cfim\u2581begin\uFF5C>',
    '<\uFF5Cfim\u2581hole\uFF5C>',
    '<\uFF5Cfim\u2581end\uFF5C>',
  ],
}

const shared = {
  architectures: ['DeepseekV2ForCausalLM'],
  model_type: 'deepseek_v2',
  kv_lora_rank: 512,
  qk_nope_head_dim: 128,
  qk_rope_head_dim: 64,
  v_head_dim: 128,
  n_shared_experts: 2,
  num_experts_per_tok: 6,
  first_k_dense_replace: 1,
  moe_layer_freq: 1,
  max_position_embeddings: 163_840,
  rope_scaling: { type: 'yarn', factor: 40, original_max_position_embeddings: 4096 },
  vocab_size: 102_400,
  torch_dtype: 'bfloat16',
  tie_word_embeddings: false,
  attention_bias: false,
}

const liteConfig = {
  ...shared,
  num_hidden_layers: 27,
  hidden_size: 2048,
  num_attention_heads: 16,
  num_key_value_heads: 16,
  q_lora_rank: null,
  intermediate_size: 10_944,
  moe_intermediate_size: 1408,
  n_routed_experts: 64,
}

const fullConfig = {
  ...shared,
  num_hidden_layers: 60,
  hidden_size: 5120,
  num_attention_heads: 128,
  num_key_value_heads: 128,
  q_lora_rank: 1536,
  intermediate_size: 12_288,
  moe_intermediate_size: 1536,
  n_routed_experts: 160,
}

const fp8 = { quant_method: 'fp8', activation_scheme: 'static' }
const awq64 = { quant_method: 'awq', bits: 4, group_size: 64, zero_point: true, version: 'gemm' }
const community = 'A quantisation by the community: not checked by the authors of the model.'

const checkpoint = (
  precision: Checkpoint['precision'],
  repo: string,
  publishedBytes: number,
  more: Partial<Checkpoint> = {},
): Checkpoint => ({ precision, repo, publishedBytes, knownCommits: [], ...more })

/** KV cache of GGUF files without MLA tensors: full keys (192) and values (128) for each head, 2 bytes each. */
const ggufKvBytes = (layers: number, heads: number): number => layers * heads * (192 + 128) * 2

const liteInstruct: CatalogModel = {
  id: 'deepseek-coder-v2',
  title: 'DeepSeek-Coder-V2-Lite-Instruct (16B)',
  aliases: [
    'deepseek-coder-v2:lite',
    'deepseek-coder-v2:16b',
    'deepseek-coder-v2:lite-instruct',
    'deepseek-coder-v2:16b-instruct',
    'deepseek-coder-v2-lite',
    'deepseek-coder-v2-lite-instruct',
    'deepseek-ai/deepseek-coder-v2-lite-instruct',
  ],
  licence,
  note: 'Chat, edits and completion; not an agent model (SWE-bench Lite 0.0), no tool calling.',
  contextMaxTokens,
  fim: { ...fim, tested: false },
  canary: oneLineFunction,
  config: liteConfig,
  checkpoints: [
    checkpoint('bf16', 'deepseek-ai/DeepSeek-Coder-V2-Lite-Instruct', 31_412_968_448, {
      files: 4,
      knownCommits: ['e434a23', '34397f9'],
    }),
    checkpoint('fp8', 'RedHatAI/DeepSeek-Coder-V2-Lite-Instruct-FP8', 16_100_000_000, {
      formerRepo: 'neuralmagic/DeepSeek-Coder-V2-Lite-Instruct-FP8',
      quantizationConfig: fp8,
      files: 4,
    }),
    checkpoint('awq', 'TechxGenus/DeepSeek-Coder-V2-Lite-Instruct-AWQ', 9_090_000_000, {
      quantizationConfig: awq64,
      files: 2,
      note: community,
    }),
  ],
  local: {
    contextTokens: 8192,
    kvBytesPerToken: ggufKvBytes(27, 16),
    overheadGiB: 0.8,
    weights: {
      'llama.cpp': {
        kind: 'hub',
        repo: 'bartowski/DeepSeek-Coder-V2-Lite-Instruct-GGUF',
        revision: 'main',
        file: 'DeepSeek-Coder-V2-Lite-Instruct-Q4_K_M.gguf',
        bytes: 10_400_000_000,
      },
      ollama: { kind: 'ollama', tag: 'deepseek-coder-v2:16b', bytes: 8_900_000_000 },
    },
  },
}

const liteBase: CatalogModel = {
  id: 'deepseek-coder-v2:lite-base',
  title: 'DeepSeek-Coder-V2-Lite-Base (16B)',
  aliases: ['deepseek-coder-v2:16b-base', 'deepseek-coder-v2-lite-base', 'deepseek-ai/deepseek-coder-v2-lite-base'],
  licence,
  note: 'The completion model: trained for fill-in-the-middle; does not follow instructions.',
  contextMaxTokens,
  fim: { ...fim, tested: true },
  canary: continuedFunction,
  config: liteConfig,
  checkpoints: [
    checkpoint('bf16', 'deepseek-ai/DeepSeek-Coder-V2-Lite-Base', 31_412_968_448, {
      files: 4,
      knownCommits: ['ea9b066', '5a3cf15'],
    }),
    checkpoint('fp8', 'neuralmagic/DeepSeek-Coder-V2-Lite-Base-FP8', 16_100_000_000, { quantizationConfig: fp8 }),
    checkpoint('awq', 'TechxGenus/DeepSeek-Coder-V2-Lite-Base-AWQ', 9_090_000_000, {
      quantizationConfig: awq64,
      note: community,
    }),
  ],
}

const fullInstruct: CatalogModel = {
  id: 'deepseek-coder-v2:236b',
  title: 'DeepSeek-Coder-V2-Instruct (236B)',
  aliases: [
    'deepseek-coder-v2:full',
    'deepseek-coder-v2:236b-instruct',
    'deepseek-coder-v2:full-instruct',
    'deepseek-coder-v2-236b',
    'deepseek-coder-v2-instruct',
    'deepseek-ai/deepseek-coder-v2-instruct',
  ],
  licence,
  note: 'The chat and edit model; not trained for fill-in-the-middle, no tool calling.',
  contextMaxTokens,
  fim: null,
  canary: oneLineFunction,
  config: fullConfig,
  checkpoints: [
    checkpoint('bf16', 'deepseek-ai/DeepSeek-Coder-V2-Instruct', 471_482_869_760, {
      files: 55,
      knownCommits: ['601f33f016d05195d6b8511692f2b99210ce813c'],
    }),
    checkpoint('fp8', 'neuralmagic/DeepSeek-Coder-V2-Instruct-FP8', 237_000_000_000, {
      quantizationConfig: fp8,
      files: 48,
    }),
    checkpoint('awq', 'casperhansen/deepseek-coder-v2-instruct-awq', 128_700_000_000, {
      quantizationConfig: awq64,
      note: `${community} vLLM's own tests list it but never ran it.`,
    }),
  ],
  local: {
    contextTokens: 4096,
    kvBytesPerToken: ggufKvBytes(60, 128),
    overheadGiB: 2,
    weights: { ollama: { kind: 'ollama', tag: 'deepseek-coder-v2:236b', bytes: 133_000_000_000 } },
  },
}

const fullBase: CatalogModel = {
  id: 'deepseek-coder-v2:236b-base',
  title: 'DeepSeek-Coder-V2-Base (236B)',
  aliases: [
    'deepseek-coder-v2:full-base',
    'deepseek-coder-v2-236b-base',
    'deepseek-coder-v2-base',
    'deepseek-ai/deepseek-coder-v2-base',
  ],
  licence,
  note: 'Continues text; does not follow instructions and was not trained for fill-in-the-middle.',
  contextMaxTokens,
  fim: null,
  canary: continuedFunction,
  config: fullConfig,
  checkpoints: [
    checkpoint('bf16', 'deepseek-ai/DeepSeek-Coder-V2-Base', 471_482_869_760, { files: 55 }),
    checkpoint('fp8', 'neuralmagic/DeepSeek-Coder-V2-Base-FP8', 237_000_000_000, { quantizationConfig: fp8 }),
  ],
}

/** The cheapest that is good comes first: it is what the bare name means. */
export const deepseekCoderV2: readonly CatalogModel[] = [liteInstruct, liteBase, fullInstruct, fullBase]
