import { describe, expect, it } from 'vitest'
import { ladderLimit, rungsWithin } from '../../../../src/plan/rent/ladder-limit.js'

const offer = (
  instanceType: string,
  usdPerHour: number | null,
  verdict: 'fits' | 'refused' = 'fits',
): { instanceType: string; usdPerHour: number | null; verdict: 'fits' | 'refused' } => ({
  instanceType,
  usdPerHour,
  verdict,
})
const offers = [
  offer('cheap', 1, 'refused'),
  offer('first', 1.2),
  offer('cheaper', 0.9),
  offer('twice', 2.4),
  offer('dear', 2.5),
  offer('unknown', null),
  offer('dearest', 55),
]
const types = (found: readonly { instanceType: string }[]): string[] => found.map(({ instanceType }) => instanceType)

describe('the ladder', () => {
  it('goes up to twice the price of the machine that is agreed to, and tries none whose price is not known', () => {
    expect(ladderLimit(offers, {})).toBe(2.4)
    expect(types(rungsWithin(offers, {}))).toEqual(['first', 'cheaper', 'twice'])
  })

  it('goes up to the limit of the user, wherever that is', () => {
    expect(types(rungsWithin(offers, { maxUsdPerHour: 60 }))).toEqual(['first', 'cheaper', 'twice', 'dear', 'dearest'])
    expect(types(rungsWithin(offers, { maxUsdPerHour: 1 }))).toEqual(['cheaper'])
  })

  it('tries all types that the user named', () => {
    expect(types(rungsWithin(offers, { instanceTypes: ['first', 'dearest', 'unknown'] }))).toHaveLength(6)
  })

  it('is one type where no price is known', () => {
    const unknown = [offer('a', null), offer('b', null), offer('a', null)]
    expect(types(rungsWithin(unknown, {}))).toEqual(['a', 'a'])
  })
})
