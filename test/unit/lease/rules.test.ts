import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { leaseState } from '../../../src/lease/rules.js'

const MINUTE = 60_000
const start = Date.UTC(2026, 0, 1)
const begun = { sinceMs: start, readySinceMs: start }
const at = (minutes: number): number => start + minutes * MINUTE

describe('a lease', () => {
  it('that was not asked for never ends', () => {
    expect(leaseState({}, { ...begun, nowMs: at(1e6), inFlight: 0 })).toEqual({
      idleForMs: 1e6 * MINUTE,
      warn: false,
    })
  })

  it('ends at its deadline even while it answers', () => {
    const lease = { ttlMs: 120 * MINUTE }
    expect(leaseState(lease, { ...begun, nowMs: at(119), inFlight: 3 })).toMatchObject({
      endsBy: 'deadline',
      endsAtMs: at(120),
      warn: true,
    })
    expect(leaseState(lease, { ...begun, nowMs: at(120), inFlight: 3 }).over).toBe('deadline')
  })

  it('ends after its idle time, which a request begins anew', () => {
    const lease = { idleMs: 30 * MINUTE }
    expect(leaseState(lease, { ...begun, nowMs: at(29), inFlight: 0 })).toMatchObject({
      idleForMs: 29 * MINUTE,
      endsAtMs: at(30),
    })
    expect(leaseState(lease, { ...begun, nowMs: at(30), inFlight: 0 }).over).toBe('idle')
    expect(leaseState(lease, { ...begun, nowMs: at(30), inFlight: 0, lastEndedMs: at(10) })).toMatchObject({
      idleForMs: 20 * MINUTE,
      endsAtMs: at(40),
    })
    expect(leaseState(lease, { ...begun, nowMs: at(500), inFlight: 1, lastEndedMs: at(10) })).toMatchObject({
      idleForMs: 0,
      endsAtMs: at(530),
    })
  })

  it('is not idle while it loads, and counts from when it can be asked', () => {
    const lease = { ttlMs: 600 * MINUTE, idleMs: 30 * MINUTE }
    expect(leaseState(lease, { sinceMs: start, nowMs: at(90), inFlight: 0 })).toMatchObject({
      idleForMs: 0,
      endsBy: 'deadline',
    })
    expect(leaseState(lease, { sinceMs: start, readySinceMs: at(90), nowMs: at(100), inFlight: 0 })).toMatchObject({
      idleForMs: 10 * MINUTE,
      endsAtMs: at(120),
      endsBy: 'idle',
    })
  })

  it('names the nearer of two ends', () => {
    const lease = { ttlMs: 60 * MINUTE, idleMs: 30 * MINUTE }
    expect(leaseState(lease, { ...begun, nowMs: at(5), inFlight: 0 }).endsBy).toBe('idle')
    expect(leaseState(lease, { ...begun, nowMs: at(45), inFlight: 0, lastEndedMs: at(44) }).endsBy).toBe('deadline')
  })

  it('warns five minutes before, or in the last tenth of a short one', () => {
    const warnsAt = (ttl: number, minute: number): boolean =>
      leaseState({ ttlMs: ttl * MINUTE }, { ...begun, nowMs: at(minute), inFlight: 0 }).warn
    expect([warnsAt(120, 114), warnsAt(120, 116), warnsAt(10, 8), warnsAt(10, 9.5)]).toEqual([false, true, false, true])
  })

  it('is not over early when the clock goes back, and what is in flight is never idle', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1000 }),
        fc.integer({ min: -1e6, max: 1e6 }),
        fc.nat(5),
        fc.option(fc.integer({ min: -1e6, max: 1e6 })),
        (idle, now, inFlight, last) => {
          const state = leaseState(
            { idleMs: idle * MINUTE },
            { ...begun, nowMs: at(now), inFlight, ...(last === null ? {} : { lastEndedMs: at(last) }) },
          )
          expect(state.idleForMs).toBeGreaterThanOrEqual(0)
          if (now <= 0) expect(state.over).toBeUndefined()
          if (inFlight > 0) expect([state.idleForMs, state.over]).toEqual([0, undefined])
        },
      ),
    )
  })
})

describe('every lease', () => {
  const span = fc.integer({ min: MINUTE, max: 1000 * MINUTE })
  const lease = fc.record({ ttlMs: span, idleMs: span }, { requiredKeys: [] })
  const facts = fc
    .record({ now: fc.nat(2000 * MINUTE), last: fc.option(fc.nat(2000 * MINUTE)), inFlight: fc.nat(3) })
    .map(({ now, last, inFlight }) => ({
      ...{ ...begun, nowMs: start + now, inFlight },
      ...(last === null ? {} : { lastEndedMs: start + Math.min(last, now) }),
    }))

  it('is over exactly when its end has come, by what comes first', () => {
    fc.assert(
      fc.property(lease, facts, (limits, seen) => {
        const { endsAtMs, endsBy, over } = leaseState(limits, seen)
        const hasLimits = limits.ttlMs !== undefined || limits.idleMs !== undefined
        expect([endsAtMs !== undefined, endsBy !== undefined]).toEqual([hasLimits, hasLimits])
        expect(over).toBe(seen.nowMs >= (endsAtMs ?? Infinity) ? endsBy : undefined)
        expect(endsAtMs ?? 0).toBeLessThanOrEqual(start + (limits.ttlMs ?? Infinity))
      }),
    )
  })

  it('ends when it said it would, where nothing is asked until then', () => {
    fc.assert(
      fc.property(lease, facts, (limits, seen) => {
        const { endsAtMs, endsBy, over } = leaseState(limits, { ...seen, inFlight: 0 })
        if (endsAtMs === undefined || over !== undefined) return
        expect(leaseState(limits, { ...seen, inFlight: 0, nowMs: endsAtMs - 1 }).over).toBeUndefined()
        expect(leaseState(limits, { ...seen, inFlight: 0, nowMs: endsAtMs }).over).toBe(endsBy)
      }),
    )
  })

  it('that is over stays over while nothing is asked, and warned before', () => {
    fc.assert(
      fc.property(lease, facts, span, (limits, seen, more) => {
        const state = leaseState(limits, seen)
        if (state.over === undefined) return
        expect(state.warn).toBe(true)
        expect(leaseState(limits, { ...seen, nowMs: seen.nowMs + more }).over).toBeDefined()
      }),
    )
  })

  it('ends no earlier for a request that was answered later', () => {
    fc.assert(
      fc.property(lease, facts, fc.nat(MINUTE), (limits, seen, later) => {
        const last = seen.lastEndedMs ?? start
        const before = leaseState(limits, { ...seen, lastEndedMs: last })
        const after = leaseState(limits, { ...seen, lastEndedMs: last + later })
        expect(after.endsAtMs ?? Infinity).toBeGreaterThanOrEqual(before.endsAtMs ?? Infinity)
      }),
    )
  })
})
