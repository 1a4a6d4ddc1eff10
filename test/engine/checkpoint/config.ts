/** The small model's files of JSON. The architecture is DeepSeek-Coder-V2-Lite's; only counts and widths are smaller. */
import { deepseekCoderV2 } from '../../../src/plan/models/deepseek-coder-v2.js'
import { BOS, EOS, idOf } from './tokenizer.js'

export const shape = {
  num_hidden_layers: 2,
  hidden_size: 2048,
  num_attention_heads: 16,
  num_key_value_heads: 16,
  q_lora_rank: null,
  intermediate_size: 704,
  moe_intermediate_size: 352,
  n_routed_experts: 2,
  num_experts_per_tok: 2,
  vocab_size: 4096,
}

/**
 * The catalogue's, and what vLLM needs beside it. Two keys are left to their defaults, which are theirs: they must be written
 * with a decimal point (1.0), which JSON.stringify does not do.
 */
export const config = (): object => ({
  ...deepseekCoderV2[0]?.config,
  ...shape,
  bos_token_id: idOf(BOS),
  eos_token_id: idOf(EOS),
  hidden_act: 'silu',
  initializer_range: 0.02,
  n_group: 1,
  norm_topk_prob: false,
  rms_norm_eps: 1e-6,
  rope_scaling: {
    beta_fast: 32,
    beta_slow: 1,
    factor: 40,
    mscale: 0.707,
    mscale_all_dim: 0.707,
    original_max_position_embeddings: 4096,
    type: 'yarn',
  },
  rope_theta: 10_000,
  scoring_func: 'softmax',
  topk_group: 1,
  topk_method: 'greedy',
  transformers_version: '4.39.3',
  use_cache: true,
})

export const generationConfig = (): object => ({
  _from_model_config: true,
  bos_token_id: idOf(BOS),
  eos_token_id: idOf(EOS),
  do_sample: true,
  temperature: 0.3,
  top_p: 0.95,
  transformers_version: '4.39.3',
})

const chatTemplate = [
  '{% if not add_generation_prompt is defined %}{% set add_generation_prompt = false %}{% endif %}{{ bos_token }}',
  '{% for message in messages %}',
  "{% if message['role'] == 'user' %}{{ 'User: ' + message['content'] + '\\n\\n' }}",
  "{% elif message['role'] == 'assistant' %}{{ 'Assistant: ' + message['content'] + eos_token }}",
  "{% elif message['role'] == 'system' %}{{ message['content'] + '\\n\\n' }}{% endif %}",
  "{% endfor %}{% if add_generation_prompt %}{{ 'Assistant:' }}{% endif %}",
].join('')

export const tokenizerConfig = (isChat: boolean): object => ({
  add_bos_token: true,
  add_eos_token: false,
  bos_token: token(BOS),
  eos_token: token(EOS),
  pad_token: token(EOS),
  unk_token: null,
  clean_up_tokenization_spaces: false,
  legacy: true,
  model_max_length: 16_384,
  tokenizer_class: 'LlamaTokenizerFast',
  ...(isChat ? { chat_template: chatTemplate } : {}),
})

const token = (content: string): object => ({
  __type: 'AddedToken',
  content,
  lstrip: false,
  normalized: true,
  rstrip: false,
  single_word: false,
})
