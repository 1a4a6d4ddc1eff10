import { describe, expect, it } from 'vitest'
import { shapeFromConfig } from '../../../../src/plan/memory/from-config.js'
import { kvBytesPerToken } from '../../../../src/plan/memory/kv-cache.js'
import { checkpointBytes, parameterCount, rankWeights } from '../../../../src/plan/memory/weights.js'
import type { ModelShape } from '../../../../src/plan/memory/shape.js'
import { catalog } from '../../../../src/plan/catalog.js'
import { llamaConfig, shapeOf } from '../../../fakes/shape.js'
import facts from '../../../fixtures/model-memory.json' with { type: 'json' }

const shapeFrom = (config: unknown): ModelShape => {
  const reading = shapeFromConfig(config)
  if (!reading.ok) throw new Error(reading.missing.join(', '))
  return reading.shape
}

const variants = [
  ['lite', 'deepseek-coder-v2'],
  ['full', 'deepseek-coder-v2:236b'],
] as const
const precisions = ['bf16', 'fp8', 'awq'] as const

describe.each(variants)('the %s model', (variant, id) => {
  const known = facts.variants[variant]

  it('has the published number of parameters', () => {
    expect(parameterCount(shapeOf(id))).toBe(known.parameters)
  })

  it('takes the published KV bytes a token, whatever the number of GPUs', () => {
    expect([1, 2, 8].map((size) => kvBytesPerToken(shapeOf(id), size))).toEqual(Array(3).fill(known.kvBytesPerToken))
  })

  it.each(precisions)('in %s is within 0.5 %% of the checkpoint', (precision) => {
    const bytes = checkpointBytes(shapeOf(id, precision))
    expect(bytes / known.weightsBytes[precision]).toBeCloseTo(1, 4)
    const published = catalog
      .find((model) => model.id === id)
      ?.checkpoints.find((checkpoint) => checkpoint.precision === precision)?.publishedBytes
    expect(Math.abs(bytes / (published ?? 0) - 1)).toBeLessThan(0.005)
  })

  it.each(precisions)('in %s is split over GPUs as worked out by hand', (precision) => {
    for (const [size, expected] of Object.entries(known.weightsGiBPerRank)) {
      const { totalGiB } = rankWeights(shapeOf(id, precision), Number(size))
      expect(Math.abs(totalGiB - expected[precision]), `over ${size}`).toBeLessThan(0.001)
    }
  })
})

describe('other models', () => {
  it.each([
    ['Llama-3.1-8B', llamaConfig, 8_030_261_248],
    [
      'Qwen2.5-Coder-7B without its attention bias',
      {
        ...llamaConfig,
        architectures: ['Qwen2ForCausalLM'],
        num_hidden_layers: 28,
        hidden_size: 3584,
        num_attention_heads: 28,
        num_key_value_heads: 4,
        intermediate_size: 18_944,
        vocab_size: 152_064,
      },
      7_615_616_512 - 28 * (3584 + 2 * 512),
    ],
    [
      'Mixtral-8x7B',
      {
        ...llamaConfig,
        architectures: ['MixtralForCausalLM'],
        vocab_size: 32_000,
        num_local_experts: 8,
        num_experts_per_tok: 2,
      },
      46_702_792_704,
    ],
    [
      'Qwen3-30B-A3B without its query and key norms',
      {
        ...llamaConfig,
        architectures: ['Qwen3MoeForCausalLM'],
        num_hidden_layers: 48,
        hidden_size: 2048,
        num_attention_heads: 32,
        num_key_value_heads: 4,
        head_dim: 128,
        intermediate_size: 6144,
        moe_intermediate_size: 768,
        num_experts: 128,
        num_experts_per_tok: 8,
        decoder_sparse_step: 1,
        mlp_only_layers: [],
        vocab_size: 151_936,
      },
      30_532_122_624 - 48 * 2 * 128,
    ],
  ])('%s has its published number of parameters', (_name, config, parameters) => {
    expect(parameterCount(shapeFrom(config))).toBe(parameters)
  })

  it('with grouped attention split their KV cache over GPUs, down to one head each', () => {
    const shape = shapeFrom(llamaConfig)
    expect([1, 2, 8, 16].map((size) => kvBytesPerToken(shape, size))).toEqual([131_072, 65_536, 16_384, 16_384])
  })

  it('stored in 32 bits take double on disk and 16 bits on the GPU', () => {
    const single = shapeFrom({ ...llamaConfig, torch_dtype: 'float32' })
    expect(checkpointBytes(single)).toBe(2 * checkpointBytes(shapeFrom(llamaConfig)))
    expect(rankWeights(single, 1)).toEqual(rankWeights(shapeFrom(llamaConfig), 1))
  })

  it('with one embedding for both ends hold it once', () => {
    const shape = shapeFrom(llamaConfig)
    expect(parameterCount(shape) - parameterCount({ ...shape, tiedEmbeddings: true })).toBe(128_256 * 4096)
  })
})
