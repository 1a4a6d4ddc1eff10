import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type InstanceType, shippedTable } from '../../../../src/plan/aws/type-table.js'
import { gpus } from '../../../../src/plan/gpus.js'
import { shapeFromConfig } from '../../../../src/plan/memory/from-config.js'
import { parallelLimit } from '../../../../src/plan/memory/parallel.js'
import { rentableForeign } from '../../../../src/plan/rent/candidate.js'
import { planRent } from '../../../../src/plan/rent/rent-plan.js'
import { preferences, type RentRequest } from '../../../../src/plan/rent/request.js'
import { fit } from '../../../../src/plan/fit.js'
import { rentable, rentRequest } from '../../../fakes/rent.js'
import { llamaConfig, shapeOf } from '../../../fakes/shape.js'

const models = ['deepseek-coder-v2', 'deepseek-coder-v2:236b'] as const
const precisions = ['bf16', 'fp8', 'awq'] as const
const request = fc.record({
  concurrency: fc.integer({ min: 1, max: 64 }),
  prefer: fc.constantFrom(...preferences),
  contextTokens: fc.option(fc.integer({ min: 256, max: 131_072 }), { nil: undefined }),
  maxUsdPerHour: fc.option(fc.double({ min: 0.3, max: 50, noNaN: true }), { nil: undefined }),
})

const asRequest = ({
  contextTokens,
  maxUsdPerHour,
  ...rest
}: {
  concurrency: number
  prefer: (typeof preferences)[number]
  contextTokens: number | undefined
  maxUsdPerHour: number | undefined
}): RentRequest =>
  rentRequest({
    ...rest,
    ...(contextTokens === undefined ? {} : { contextTokens }),
    ...(maxUsdPerHour === undefined ? {} : { maxUsdPerHour }),
  })

describe('properties of a plan', () => {
  it('more memory never turns a fit into a refusal, nor gives less context', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...models),
        fc.constantFrom(...precisions),
        fc.constantFrom(1, 2, 4, 8),
        fc.double({ min: 1, max: 200, noNaN: true }),
        fc.double({ min: 0, max: 100, noNaN: true }),
        fc.integer({ min: 256, max: 131_072 }),
        (id, precision, size, visibleGiB, moreGiB, contextTokens) => {
          const shape = shapeOf(id, precision)
          if (parallelLimit(shape, size) !== undefined) return
          const serving = { contextTokens, maxSequences: 32, maxBatchedTokens: 2048, concurrency: 1 }
          const small = fit(shape, visibleGiB, size, serving)
          const large = fit(shape, visibleGiB + moreGiB, size, serving)
          if (small.verdict === 'fits') expect(large.verdict).toBe('fits')
          expect(large.terms.kvTokens).toBeGreaterThanOrEqual(small.terms.kvTokens)
          expect(large.shortGiB).toBeLessThanOrEqual(small.shortGiB)
        },
      ),
    )
  })

  it('a machine with more GPU memory fits whatever the smaller one fits, with as much context', () => {
    const ofTotal = (gpu: string, gpuMemoryMiB: number): InstanceType => ({
      ...shippedTable.types.find(({ instanceType }) => instanceType === 'g6e.2xlarge')!,
      instanceType: `${gpu}.large`,
      gpu,
      gpuMemoryMiB,
    })
    fc.assert(
      fc.property(
        fc.integer({ min: 8_000, max: 200_000 }),
        fc.integer({ min: 0, max: 100_000 }),
        request,
        (mib, more, wish) => {
          const table = { ...shippedTable, types: [ofTotal('Small', mib), ofTotal('Large', mib + more)] }
          const { offers } = planRent(rentable(), asRequest({ ...wish, maxUsdPerHour: undefined }), table)
          const [small, large] = ['Small', 'Large'].map((gpu) => offers.find((offer) => offer.gpu === gpu)!)
          if (small!.verdict === 'fits') {
            expect(large!.verdict).toBe('fits')
            expect(large!.contextTokens).toBeGreaterThanOrEqual(small!.contextTokens)
          }
        },
      ),
      { numRuns: 50 },
    )
  })

  it('of two machines that are equal otherwise the cheaper never comes second', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...shippedTable.types),
        fc.double({ min: 0.1, max: 100, noNaN: true }),
        fc.double({ min: 0, max: 100, noNaN: true }),
        request,
        fc.constantFrom(...models),
        (type, usd, more, wish, id) => {
          const zones = { 'us-east-1': 1 }
          const priced = (instanceType: string, onDemand: number): InstanceType => ({
            ...type,
            instanceType,
            zones,
            usdPerHour: { 'us-east-1': { onDemand } },
          })
          const table = { ...shippedTable, types: [priced('dear', usd + more), priced('cheap', usd)] }
          const fits = planRent(rentable(id), asRequest(wish), table).offers.filter(({ verdict }) => verdict === 'fits')
          if (more > 0.001 && fits.length > 0) expect(fits[0]?.instanceType).toBe('cheap')
        },
      ),
    )
  })

  it('every offer adds up, and what is above a limit does not fit', () => {
    fc.assert(
      fc.property(request, fc.constantFrom(...models), (wish, id) => {
        const { offers } = planRent(rentable(id), asRequest(wish), shippedTable)
        for (const { terms, verdict, usdPerHour, contextTokens, kvTokens } of offers) {
          if (verdict === 'fits' && wish.maxUsdPerHour !== undefined)
            expect(usdPerHour).toBeLessThanOrEqual(wish.maxUsdPerHour)
          if (verdict === 'fits') expect(kvTokens).toBeGreaterThanOrEqual(contextTokens * wish.concurrency)
          if (terms)
            expect(terms.weights.totalGiB + terms.overhead.totalGiB + terms.kvAvailableGiB).toBeCloseTo(terms.budgetGiB)
        }
      }),
      { numRuns: 40 },
    )
  })
})

describe('a config.json that anybody wrote', () => {
  const keys = [
    ...Object.keys(llamaConfig),
    'quantization_config',
    'kv_lora_rank',
    'n_routed_experts',
    'moe_intermediate_size',
    'q_lora_rank',
    'num_experts_per_tok',
    'first_k_dense_replace',
    'mlp_only_layers',
    'head_dim',
  ]

  it('never crashes the reader', () => {
    fc.assert(
      fc.property(fc.anything(), (config) => {
        const reading = shapeFromConfig(config)
        if (!reading.ok) expect(reading.missing.length).toBeGreaterThan(0)
      }),
    )
  })

  it('with wild values in a plausible frame never crashes the plan, and never gives a number that is none', () => {
    const wild = fc.dictionary(fc.constantFrom(...keys), fc.oneof(fc.anything(), fc.integer({ min: -5, max: 1 << 20 })))
    fc.assert(
      fc.property(wild, fc.option(fc.integer({ min: 0, max: 1e12 }), { nil: undefined }), (changes, weightsBytes) => {
        const config = { ...llamaConfig, ...changes }
        const reading = rentableForeign({
          name: 'any/thing',
          revision: null,
          config,
          ...(weightsBytes === undefined ? {} : { weightsBytes }),
        })
        if (!reading.ok) return
        const { offers } = planRent(reading.rentable, rentRequest(), shippedTable)
        for (const { terms } of offers) {
          if (terms) expect(Number.isFinite(terms.kvAvailableGiB) && Number.isFinite(terms.kvTokens)).toBe(true)
        }
      }),
      { numRuns: 300 },
    )
  })

  it.each(gpus.map(({ name }) => [name]))('never fits a model of nothing but weights on a %s', (name) => {
    const gpu = gpus.find((entry) => entry.name === name)!
    const shape = { ...shapeOf('deepseek-coder-v2:236b'), sizeFactor: 1 }
    expect(
      fit(shape, gpu.visibleGiB, 1, { contextTokens: 256, maxSequences: 32, maxBatchedTokens: 2048, concurrency: 1 })
        .verdict,
    ).toBe('refused')
  })
})
