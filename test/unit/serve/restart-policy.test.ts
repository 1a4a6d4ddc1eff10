import fc from 'fast-check'
import { expect, it } from 'vitest'
import { afterEnd } from '../../../src/serve/restart-policy.js'

const again = (afterMs: number): object => ({ restart: true, afterMs })

it.each([
  [1, 0, again(1000)],
  [3, 0, again(4000)],
  [50, 0, again(30_000)],
  [1, 1, again(1000)],
  [2, 2, again(2000)],
  [3, 3, { restart: false }],
  [9, 1, again(30_000)], // it served before: one failed start is not the end
])('%d ends in a row, %d of them before it served: %j', (endsInRow, failedStartsInRow, decision) => {
  expect(afterEnd({ endsInRow, failedStartsInRow })).toEqual(decision)
})

it('pauses are a second at least, half a minute at most, and never become shorter', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 10_000 }), fc.integer({ min: 0, max: 2 }), (endsInRow, failedStartsInRow) => {
      const [now, next] = [endsInRow, endsInRow + 1].map((ends) => afterEnd({ endsInRow: ends, failedStartsInRow }))
      if (!now?.restart || !next?.restart) throw new Error('it was given up')
      expect(now.afterMs).toBeGreaterThanOrEqual(1000)
      expect(next.afterMs).toBeLessThanOrEqual(30_000)
      expect(next.afterMs).toBeGreaterThanOrEqual(now.afterMs)
    }),
  )
})
