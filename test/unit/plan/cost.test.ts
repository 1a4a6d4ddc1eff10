import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Holding } from '../../../src/cloud-ports.js'
import { cloudLabs, holdingUsdPerHour } from '../../../src/plan/aws/cloud-labs.js'
import { billedFrom, type BilledFrom, labCost, ratesOf } from '../../../src/plan/aws/cost.js'
import { cloudMachine, rentedLab, tagsOf, thingsOf } from '../../fakes/rented.js'

const HOUR_MS = 3_600_000
const at = (hours: number): string => new Date(Date.UTC(2026, 0, 1) + hours * HOUR_MS).toISOString()
const ms = (hours: number): number => Date.parse(at(hours))
const rates = { running: 2, stopped: 0.01 }
const ran: readonly BilledFrom[] = [{ at: at(0), what: 'running' }]

describe('what a lab costs', () => {
  it('is what ran and what was kept, by the hour, and what will be by its deadline', () => {
    const billed: BilledFrom[] = [
      { at: at(0), what: 'running' },
      { at: at(1), what: 'stopped' },
      { at: at(11), what: 'running' },
    ]
    const cost = labCost({ billed, rates, deadlineMs: ms(15) }, ms(12))
    expect(cost.usdRunning).toBeCloseTo(4)
    expect(cost.usdStopped).toBeCloseTo(0.1)
    expect(cost.usdSoFar).toBeCloseTo(4.1)
    expect(cost.usdPerHour).toBe(2)
    expect(cost.usdUntilEnd).toBeCloseTo(10.1)
  })

  it('stops at the deadline, unless the machine was seen after it', () => {
    expect(labCost({ billed: ran, rates, deadlineMs: ms(4), seenMs: ms(1) }, ms(9))).toMatchObject({
      usdSoFar: 8,
      usdPerHour: 0,
      usdUntilEnd: 8,
    })
    expect(labCost({ billed: ran, rates, deadlineMs: ms(4), seenMs: ms(8) }, ms(9))).toMatchObject({
      usdSoFar: 18,
      usdPerHour: 2,
    })
  })

  it('has no end while it is stopped, and none to come once nothing is billed', () => {
    const stopped: BilledFrom[] = [...ran, { at: at(1), what: 'stopped' }]
    expect(labCost({ billed: stopped, rates, deadlineMs: ms(4) }, ms(101))).toMatchObject({
      usdSoFar: 3,
      usdPerHour: 0.01,
      usdUntilEnd: null,
    })
    const over: BilledFrom[] = [...ran, { at: at(1), what: 'nothing' }]
    expect(labCost({ billed: over, rates, deadlineMs: ms(4) }, ms(3))).toMatchObject({
      usdSoFar: 2,
      usdPerHour: 0,
      usdUntilEnd: 2,
    })
  })

  it('of a machine at an unknown price is not known, and of nothing is nothing', () => {
    const unknown = { running: null, stopped: null }
    expect(labCost({ billed: ran, rates: unknown, deadlineMs: ms(4) }, ms(1))).toMatchObject({
      usdSoFar: null,
      usdStopped: 0,
      usdPerHour: null,
      usdUntilEnd: null,
    })
    expect(labCost({ billed: [], rates: unknown }, ms(1))).toMatchObject({ usdSoFar: 0, usdPerHour: 0, usdUntilEnd: 0 })
  })

  it('never falls as time passes, and is the sum of its parts', () => {
    const entry = fc.record({
      hours: fc.double({ min: 0, max: 100, noNaN: true }),
      what: fc.constantFrom('running' as const, 'stopped' as const, 'nothing' as const),
    })
    fc.assert(
      fc.property(fc.array(entry), fc.nat(100), fc.nat(100), fc.nat(100), (entries, deadline, first, more) => {
        const billed = entries.sort((a, b) => a.hours - b.hours).map(({ hours, what }) => ({ at: at(hours), what }))
        const wish = { billed, rates, deadlineMs: ms(deadline) }
        const [now, later] = [100 + first, 100 + first + more].map((hours) => labCost(wish, ms(hours)))
        expect(later?.usdSoFar).toBeGreaterThanOrEqual((now?.usdSoFar ?? 0) - 1e-9)
        expect(now?.usdSoFar).toBeCloseTo((now?.usdRunning ?? 0) + (now?.usdStopped ?? 0))
      }),
    )
  })

  it('is by the offer that the machine is', () => {
    const { plan, machine } = rentedLab()
    const { running, stopped } = ratesOf(plan.offers, machine)
    expect(running).toBeCloseTo(1.88)
    expect(stopped).toBeCloseTo(0.015)
    const spot = { instanceType: 'g6e.xlarge', region: 'us-east-1', market: 'spot' }
    expect(ratesOf(plan.offers, spot)).toEqual({ running: null, stopped: null })
    expect(ratesOf(plan.offers, undefined)).toEqual({ running: null, stopped: null })
  })

  it('is written down when it changes, and only then', () => {
    expect(billedFrom(ran, 'running', at(1))).toEqual(ran)
    expect(billedFrom(ran, 'stopped', at(1))).toEqual([...ran, { at: at(1), what: 'stopped' }])
  })
})

describe('what an account holds', () => {
  const price = (): number => 1.86
  const machine = (more: Parameters<typeof cloudMachine>[0] = {}): Holding => {
    const made = cloudMachine(more)
    return {
      kind: 'machine',
      id: made.id,
      region: made.region,
      tags: made.tags,
      createdAt: made.launchedAt,
      machine: made,
    }
  }

  it.each([
    [machine(), 1.865],
    [machine({ state: 'shutting-down' }), 0],
    [machine({ state: 'stopped' }), 0],
    [thingsOf('1')[0], 0.01315],
    [thingsOf('1')[1], 0],
    [{ kind: 'address', id: 'eip-1', region: 'us-east-1', tags: {} } as const, 0.005],
  ])('%j costs $%d an hour', (holding, usd) => {
    expect(holdingUsdPerHour(holding as Holding, price)).toBeCloseTo(usd, 5)
  })

  it('is put together by lab, oldest first', () => {
    const other = tagsOf({ 'labos:lab': 'lab-b', 'labos:name': 'two', 'labos:run': '7' })
    const labs = cloudLabs(
      [
        machine({ id: 'i-2', tags: other, launchedAt: at(2), region: 'eu-west-1' }),
        machine(),
        ...thingsOf('1'),
        { kind: 'security-group', id: 'sg-3', region: 'us-east-1', tags: { 'labos:lab': 'lab-c' } },
        { kind: 'volume', id: 'vol-x', region: 'us-east-1', tags: { other: 'tool' } },
      ],
      price,
    )
    expect(labs.map(({ id, name, state, createdAt, regions }) => [id, name, state, createdAt, regions])).toEqual([
      ['lab-00000000aa', 'one', 'running', at(0), ['us-east-1']],
      ['lab-b', 'two', 'running', at(2), ['eu-west-1']],
      ['lab-c', undefined, 'none', undefined, ['us-east-1']],
    ])
    expect(labs[0]?.usdPerHour).toBeCloseTo(1.878, 3)
    expect(labs[1]?.runId).toBe('7')
  })

  it('goes by the deadline on the machine; without one by the latest', () => {
    const late = tagsOf({ 'labos:expires-at': at(9) })
    const expiresAt = (holdings: readonly Holding[]): string | undefined => cloudLabs(holdings, price)[0]?.expiresAt
    expect(expiresAt([...thingsOf('1'), machine({ tags: late })])).toBe(at(9))
    expect(expiresAt([...thingsOf('2', late), machine()])).toBe(at(4))
    expect(expiresAt([...thingsOf('1'), ...thingsOf('2', late)])).toBe(at(9))
  })

  it('is of an unknown price where one part is', () => {
    expect(cloudLabs([machine(), ...thingsOf('1')], () => null)[0]?.usdPerHour).toBeNull()
  })

  it('shows no control characters of a tag', () => {
    const tags = tagsOf({ 'labos:name': 'a\u001B[2Jb\n', 'labos:owner': '\u0007' })
    const [lab] = cloudLabs([machine({ tags })], price)
    expect([lab?.name, lab?.owner]).toEqual(['a[2Jb', undefined])
  })
})
