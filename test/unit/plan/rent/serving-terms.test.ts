import { describe, expect, it } from 'vitest'
import { endsTooSoon } from '../../../../src/plan/rent/serving-terms.js'

const MINUTE = 60_000
const startUp = { bootSeconds: 60, downloadSeconds: 100, loadSeconds: 65, compileSeconds: 75, totalSeconds: 300 }

describe('a machine that ends itself before it can serve', () => {
  it('is spoken of, with what to change', () => {
    expect(endsTooSoon({ startUp, deadlineMs: 2 * MINUTE }, { bootMs: 45 * MINUTE })).toEqual([
      'A start takes about 5 m 00 s, and its deadline ends the machine after 2 m 00 s: it may never serve. Give it more: `--ttl`.',
    ])
    expect(endsTooSoon({ startUp, deadlineMs: 60 * MINUTE }, { bootMs: 5 * MINUTE })).toEqual([
      expect.stringContaining('the limit for its start ends the machine after 5 m 00 s: it may never serve'),
    ])
  })

  it('is not where there is time', () => {
    expect(endsTooSoon({ startUp, deadlineMs: 60 * MINUTE }, { bootMs: 45 * MINUTE })).toEqual([])
  })
})
