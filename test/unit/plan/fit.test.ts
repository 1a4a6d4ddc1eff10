import { describe, expect, it } from 'vitest'
import { fit } from '../../../src/plan/fit.js'
import { gpus } from '../../../src/plan/gpus.js'
import { shapeOf } from '../../fakes/shape.js'
import facts from '../../fixtures/model-memory.json' with { type: 'json' }

const serving = { contextTokens: 65_536, maxSequences: 32, maxBatchedTokens: 2048, concurrency: 1 }
const visible = (name: string): number => gpus.find((gpu) => gpu.name === name)?.visibleGiB ?? 0

describe('a fit', () => {
  it.each(facts.predictions)('of $model $quant on $gpu over $tp is the sum worked out by hand', (row) => {
    const shape = shapeOf('deepseek-coder-v2', row.quant as 'bf16' | 'fp8')
    const { terms } = fit(shape, visible(row.gpu), row.tp, serving)
    expect(terms.weights.totalGiB).toBeCloseTo(row.weights_gib, 1)
    expect(terms.overhead.totalGiB).toBeCloseTo(row.overhead_gib, 1)
    expect(terms.kvAvailableGiB).toBeCloseTo(row.kv_gib, 1)
    expect(Math.abs(terms.kvTokens - row.kv_tokens)).toBeLessThan(400)
  })

  it('adds up', () => {
    const { terms } = fit(shapeOf('deepseek-coder-v2'), 44.4, 1, serving)
    expect(terms.weights.totalGiB + terms.overhead.totalGiB + terms.kvAvailableGiB).toBeCloseTo(terms.budgetGiB)
    const { totalGiB, ...parts } = terms.overhead
    expect(Object.values(parts).reduce((sum, part) => sum + part, 0)).toBeCloseTo(totalGiB)
  })

  it('says how much is missing on one GPU', () => {
    const refused = fit(shapeOf('deepseek-coder-v2'), 22, 1, serving)
    expect(refused.verdict).toBe('refused')
    expect(refused.shortGiB).toBeCloseTo(refused.terms.kvNeededGiB - refused.terms.kvAvailableGiB)
    expect(fit(shapeOf('deepseek-coder-v2'), 22 + refused.shortGiB / 0.92 + 0.001, 1, serving).verdict).toBe('fits')
  })

  it('keeps a tenth of the KV cache spare', () => {
    const shape = shapeOf('deepseek-coder-v2', 'fp8')
    const { terms } = fit(shape, 22, 1, serving)
    const most = Math.floor(terms.kvTokens / 1.1)
    expect(fit(shape, 22, 1, { ...serving, contextTokens: most }).verdict).toBe('fits')
    expect(fit(shape, 22, 1, { ...serving, contextTokens: most + 2 }).verdict).toBe('refused')
  })

  it('needs room for every request of full length that was asked for', () => {
    const shape = shapeOf('deepseek-coder-v2', 'fp8')
    expect(fit(shape, 22, 1, { ...serving, contextTokens: 16_384, concurrency: 5 }).verdict).toBe('fits')
    expect(fit(shape, 22, 1, { ...serving, contextTokens: 16_384, concurrency: 6 }).verdict).toBe('refused')
  })
})
