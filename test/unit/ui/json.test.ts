import { expect, it } from 'vitest'
import { toJson } from '../../../src/ui/json.js'

it('says times in whole milliseconds, and all other numbers as they are', () => {
  const value = {
    elapsedMs: 1571.0263879999984,
    lab: { idleForMs: 0.4, usd: 0.125 },
    list: [{ ttlMs: 3_600_000 }],
    a: 1.5,
  }
  expect(JSON.parse(toJson(value))).toEqual({
    elapsedMs: 1571,
    lab: { idleForMs: 0, usd: 0.125 },
    list: [{ ttlMs: 3_600_000 }],
    a: 1.5,
  })
  expect(toJson({ a: 1 }, 2)).toBe('{\n  "a": 1\n}')
})
