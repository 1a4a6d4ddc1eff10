import { stripVTControlCharacters } from 'node:util'
import { describe, expect, it } from 'vitest'
import { explainScreen } from '../../../src/cli/explain-screen.js'
import { planSchema } from '../../../src/cli/plan-schema.js'
import { planScreen } from '../../../src/cli/plan-screen.js'
import { shippedTable } from '../../../src/plan/aws/type-table.js'
import { rentableStated } from '../../../src/plan/rent/candidate.js'
import { planRent, type RentPlan } from '../../../src/plan/rent/rent-plan.js'
import { colour, noColour } from '../../../src/ui/paint.js'
import { fitting, rentPlan, rentRequest } from '../../fakes/rent.js'

const facts = { all: false, program: 'labos', priceAgeDays: 90 }
const stated = planRent(rentableStated('someone/model', 40, undefined), rentRequest(), shippedTable)

const plans: readonly (readonly [string, RentPlan])[] = [
  ['Lite', rentPlan()],
  ['236B', rentPlan('deepseek-coder-v2:236b')],
  [
    '236B in several regions',
    rentPlan('deepseek-coder-v2:236b', { regions: ['us-east-1', 'ap-southeast-2', 'eu-west-2'] }),
  ],
  ['Lite, spot, elsewhere', rentPlan(undefined, { market: 'spot', regions: ['ap-southeast-2'] })],
  ['Lite, eight at a time', rentPlan(undefined, { concurrency: 8 })],
  ['fast', rentPlan(undefined, { prefer: 'speed' })],
  ['stated', stated],
]

describe.each(plans)('the screen of %s', (_name, plan) => {
  it.each([false, true])('fits 80 columns (all: %s) and is plain without colour', (all) => {
    const text = planScreen(plan, noColour, { ...facts, all })
    expect(text.split('\n').filter((line) => line.length > 80)).toEqual([])
    expect(text).not.toContain('\u001B')
    expect(stripVTControlCharacters(planScreen(plan, colour, { ...facts, all }))).toBe(text)
  })

  it('says the first machine, its price, and that the quota was not checked', () => {
    const [first] = fitting(plan)
    const text = planScreen(plan, noColour, facts).replaceAll(/\n +/g, ' ')
    expect(text).toContain(`${first!.instanceType} in ${first!.region}`)
    expect(text).toContain('not checked (no credentials)')
    expect(text).toContain(first!.usdPerHour === null ? 'not known, +' : `$${first!.usdPerHour.toFixed(2)}/h`)
    expect(text).toContain('Rent it and serve on it')
  })

  it('explains any offer line by line in 80 columns', () => {
    for (const offer of plan.offers) {
      const text = explainScreen(plan, offer, noColour)
      expect(text.split('\n').filter((line) => line.length > 80)).toEqual([])
      expect(text).toContain(offer.terms ? `${offer.terms.weights.totalGiB.toFixed(2)} GiB` : 'No sum')
    }
  })

  it('as JSON is what the schema says, and nothing more', () => {
    expect(planSchema.safeParse(JSON.parse(JSON.stringify(plan))).error).toBeUndefined()
  })
})

describe('the screen of a plan', () => {
  it('with all shows each refused machine with its reason', () => {
    const plan = rentPlan(undefined, { precision: 'bf16' })
    const text = planScreen(plan, noColour, { ...facts, all: true })
    for (const { instanceType, reason, verdict } of plan.offers)
      if (verdict === 'refused')
        expect(text).toMatch(new RegExp(`${instanceType.replaceAll('.', '\\.')} .*${reason.slice(0, 12)}`))
  })

  it('names the region that a price is of', () => {
    expect(planScreen(rentPlan(undefined, { regions: ['eu-west-2'] }), noColour, facts)).toContain(
      'us-east-1 list price',
    )
  })

  it('warns of prices only when they are old', () => {
    const days = (priceAgeDays: number): string => planScreen(rentPlan(), noColour, { ...facts, priceAgeDays })
    expect(days(61)).toContain('61 days old')
    expect(days(60)).not.toContain('days old')
  })

  it('of which nothing fits holds the reasons and no summary', () => {
    const text = planScreen(rentPlan(undefined, { maxUsdPerHour: 0.1 }), noColour, { ...facts, all: true })
    expect(text).toContain('above --max-price')
    expect(text).not.toContain('start-up')
  })
})
