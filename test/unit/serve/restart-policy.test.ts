import { expect, it } from 'vitest'
import { afterEnd } from '../../../src/serve/restart-policy.js'

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
