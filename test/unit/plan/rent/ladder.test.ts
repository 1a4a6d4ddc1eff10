import { describe, expect, it } from 'vitest'
import { shippedTable } from '../../../../src/plan/aws/type-table.js'
import { planRent } from '../../../../src/plan/rent/rent-plan.js'
import { tallyText } from '../../../../src/plan/rent/tally.js'
import { fitting, rentable, rentPlan, rentRequest, typesOf } from '../../../fakes/rent.js'

const full = 'deepseek-coder-v2:236b'

describe('the ladder', () => {
  it.each([
    ['Lite, cheapest', undefined, { precision: 'fp8' }, ['g6.2xlarge', 'g6.xlarge', 'g5.2xlarge'], 65_536],
    ['Lite, unquantised', undefined, { precision: 'bf16' }, ['g6e.2xlarge', 'g6e.xlarge', 'g6e.4xlarge'], 131_072],
    [
      'Lite-Base at 32K',
      'deepseek-coder-v2:lite-base',
      { precision: 'bf16', contextTokens: 32_768 },
      ['g6e.2xlarge', 'g6e.xlarge'],
      32_768,
    ],
    ['236B AWQ at 64K', full, { precision: 'awq', contextTokens: 65_536 }, ['g7e.12xlarge', 'g6e.12xlarge'], 65_536],
    [
      '236B FP8 at 128K',
      full,
      { precision: 'fp8', contextTokens: 131_072 },
      ['g7e.24xlarge', 'p4de.24xlarge', 'g6e.48xlarge'],
      131_072,
    ],
    [
      '236B unquantised',
      full,
      { precision: 'bf16' },
      ['p4de.24xlarge', 'g7e.48xlarge', 'p5.48xlarge', 'p5en.48xlarge'],
      131_072,
    ],
  ] as const)('of %s begins as worked out by hand', (_name, id, more, types, contextTokens) => {
    const plan = rentPlan(id, more)
    expect(typesOf(plan).slice(0, types.length)).toEqual(types)
    expect(fitting(plan)[0]?.contextTokens).toBe(contextTokens)
  })

  it('takes less precise weights before a dearer machine, and says so', () => {
    const plan = rentPlan()
    expect(plan.model).toMatchObject({ precision: 'fp8', repo: 'RedHatAI/DeepSeek-Coder-V2-Lite-Instruct-FP8' })
    expect(plan.decisions).toEqual([
      'Context 64K instead of 128K: the longest that leaves a tenth spare on a g6.2xlarge.',
      'fp8 instead of bf16, which does not fit on a g6.2xlarge.',
    ])
    expect(plan.alternatives).toMatchObject([
      { precision: 'bf16', instanceType: 'g6e.2xlarge', contextTokens: 131_072 },
      { precision: 'awq', instanceType: 'g6.2xlarge', contextTokens: 131_072 },
    ])
  })

  it('never shortens a context that was asked for: less precise weights do', () => {
    const plan = rentPlan(undefined, { contextTokens: 131_072 })
    expect(plan.model.precision).toBe('awq')
    expect(fitting(plan).every(({ contextTokens }) => contextTokens === 131_072)).toBe(true)
  })

  it('names the cheaper machine that was too small', () => {
    expect(rentPlan(undefined, { precision: 'bf16' }).decisions).toEqual([
      'Not the cheaper g6.xlarge ($0.80/h): 11.8 GiB short.',
    ])
  })

  it('says in one line how many fit, and why the others do not', () => {
    const plan = rentPlan(undefined, { precision: 'bf16', maxUsdPerHour: 3, regions: ['eu-west-1'] })
    expect(tallyText(plan.tally)).toMatch(
      /^\d+ fit; \d+ above --max-price; \d+ not in eu-west-1; \d+ short of memory \(g6\.xlarge: 11\.8 GiB short\); 11 with GPUs too old; 6 on Arm hosts$/,
    )
    expect(plan.tally.reduce((sum, { count }) => sum + count, 0)).toBe(57)
  })

  it('has every type once, in every region that was asked for where it could work', () => {
    const plan = rentPlan(undefined, { precision: 'fp8', regions: ['us-east-1', 'us-west-2'] })
    const places = plan.offers.map(({ instanceType, region }) => `${instanceType} ${region}`)
    expect(new Set(places).size).toBe(places.length)
    expect(new Set(plan.offers.map(({ instanceType }) => instanceType)).size).toBe(shippedTable.types.length)
    expect(places.slice(0, 2)).toEqual(['g6.2xlarge us-east-1', 'g6.2xlarge us-west-2'])
  })

  it('uses as many GPUs as can share the model', () => {
    const fp8 = rentPlan(undefined, { precision: 'fp8', instanceTypes: ['g6.48xlarge'] }).offers[0]
    expect([fp8?.tensorParallel, fp8?.reason]).toEqual([4, '4/8 GPUs'])
    const awq = rentPlan(undefined, { precision: 'awq', instanceTypes: ['g6.12xlarge'] }).offers[0]
    expect([awq?.tensorParallel, awq?.reason]).toEqual([1, '1/4 GPUs'])
    expect(rentPlan(full, { precision: 'awq', instanceTypes: ['p5.48xlarge'] }).offers[0]?.tensorParallel).toBe(8)
  })
})

describe('preferences', () => {
  it('for quality put precision before price', () => {
    expect(rentPlan(undefined, { prefer: 'quality' }).model.precision).toBe('bf16')
    expect(rentPlan(undefined, { prefer: 'quality', maxUsdPerHour: 1 }).model.precision).toBe('fp8')
  })

  it('for speed put the bandwidth of the GPUs first', () => {
    expect(typesOf(rentPlan(undefined, { prefer: 'speed' }))[0]).toBe('p6-b200.48xlarge')
    expect(typesOf(rentPlan(undefined, { prefer: 'speed', maxUsdPerHour: 7 }))[0]).toBe('p5.4xlarge')
  })
})

describe('prices', () => {
  it('of a region without its own are the list price, named as such', () => {
    const [first] = fitting(rentPlan(undefined, { regions: ['eu-west-1'] }))
    expect(first).toMatchObject({ region: 'eu-west-1', priceRegion: 'us-east-1', priceAsOf: '2026-02-01' })
  })

  it('on the spot market are not borrowed from another region: unknown, last, and refused under a limit', () => {
    const plan = rentPlan(undefined, { regions: ['eu-west-1', 'us-east-1'], market: 'spot' })
    const known = fitting(plan).map(({ usdPerHour }) => usdPerHour !== null)
    expect(known.lastIndexOf(true)).toBeLessThan(known.indexOf(false))
    expect(
      fitting(plan)
        .filter(({ region }) => region === 'eu-west-1')
        .every(({ usdPerHour }) => usdPerHour === null),
    ).toBe(true)
    const limited = rentPlan(undefined, { regions: ['eu-west-1'], market: 'spot', maxUsdPerHour: 100 })
    expect(fitting(limited)).toEqual([])
    expect(limited.offers[0]?.reason).toBe('price not known, and a limit is set')
  })

  it('until the deadline hold machine, disk and address', () => {
    const [first] = fitting(rentPlan(undefined, { ttlMs: 10 * 3_600_000 }))
    expect(first?.usdUntilDeadline).toBeCloseTo(10 * (0.9776 + (100 * 0.08) / 730 + 0.005))
  })

  it('set the deadline where only a sum was given', () => {
    const [first] = fitting(rentPlan(undefined, { maxUsdTotal: 5 }))
    expect(first?.deadlineMs).toBe(301 * 60_000)
    expect(first?.usdUntilDeadline).toBeLessThanOrEqual(5)
    expect(rentPlan(undefined, { maxUsdTotal: 0.05 }).offers[0]?.reason).toMatch(/^--max-cost pays for \d+ minutes$/)
    expect(rentPlan(undefined, { maxUsdTotal: 1, ttlMs: 4 * 3_600_000 }).offers[0]?.refusedFor).toBe('cost')
  })
})

describe('quotas', () => {
  it.each([
    ['g6.2xlarge', 'on-demand', 'L-DB2E81BA', 8],
    ['p5.48xlarge', 'on-demand', 'L-417A185B', 192],
    ['g6.2xlarge', 'spot', 'L-3819A6DF', 8],
    ['p4d.24xlarge', 'spot', 'L-7212CCBC', 96],
    ['p5en.48xlarge', 'spot', 'L-C4BD4855', 192],
    ['p6-b200.48xlarge', 'spot', null, 192],
  ] as const)('of a %s %s are %s', (type, market, code, vcpus) => {
    const [offer] = rentPlan(undefined, { instanceTypes: [type], market }).offers
    expect(offer?.quota).toMatchObject({ code, vcpus, checked: false })
  })
})

describe('a GPU type that came after this version', () => {
  it('is planned with what its cloud says of it, and the guess is named', () => {
    const [g6e] = shippedTable.types.filter(({ instanceType }) => instanceType === 'g6e.2xlarge')
    const table = {
      ...shippedTable,
      types: [{ ...g6e!, instanceType: 'g9.2xlarge', gpu: 'X900', gpuMemoryMiB: 65_536 }],
    }
    const [offer] = planRent(rentable(), rentRequest({ precision: 'bf16' }), table).offers
    expect(offer).toMatchObject({ verdict: 'fits', reason: 'GPU guessed', gpu: 'X900' })
  })
})
