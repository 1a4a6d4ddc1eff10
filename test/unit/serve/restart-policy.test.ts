import fc from 'fast-check'
import { expect, it } from 'vitest'
import { afterEnd, STEADY_MS } from '../../../src/serve/restart-policy.js'

it.each([
  [
    { servedMs: 5000, endsInRow: 1 },
    { restart: true, afterMs: 1000 },
  ],
  [
    { servedMs: 5000, endsInRow: 3 },
    { restart: true, afterMs: 4000 },
  ],
  [
    { servedMs: 5000, endsInRow: 50 },
    { restart: true, afterMs: 30_000 },
  ],
  [
    { servedMs: 0, endsInRow: 1 },
    { restart: true, afterMs: 1000 },
  ],
  [
    { servedMs: 0, endsInRow: 2 },
    { restart: true, afterMs: 2000 },
  ],
  [{ servedMs: 0, endsInRow: 3 }, { restart: false }],
])('%j: %j', (life, decision) => expect(afterEnd(life)).toEqual(decision))

it('an engine that ever served is always tried again, after a second at least and half a minute at most', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 10 * STEADY_MS }),
      fc.integer({ min: 1, max: 10_000 }),
      (servedMs, endsInRow) => {
        const decision = afterEnd({ servedMs, endsInRow })
        const afterMs = decision.restart ? decision.afterMs : Infinity
        expect(afterMs).toBeGreaterThanOrEqual(1000)
        expect(afterMs).toBeLessThanOrEqual(30_000)
      },
    ),
  )
})

it('the pause never becomes shorter', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1000 }), (endsInRow) => {
      const [before, after] = [endsInRow, endsInRow + 1].map((ends) => afterEnd({ servedMs: 1, endsInRow: ends }))
      if (!before?.restart || !after?.restart) throw new Error('it was given up')
      expect(after.afterMs).toBeGreaterThanOrEqual(before.afterMs)
    }),
  )
})
