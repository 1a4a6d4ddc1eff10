import { describe, expect, it } from 'vitest'
import { isEnding, leaseWords, type MachineLease, readMachineLease } from '../../../src/lease/machine-lease.js'

/** 2026-01-01 18:00 UTC. */
const T = 1_767_290_400
const lease = (more: Partial<MachineLease> = {}): MachineLease => ({
  at: T,
  isArmed: true,
  deadline: T + 2400,
  bootDeadline: null,
  idleLimitSeconds: null,
  idleSince: null,
  isServed: true,
  ends: T + 2400,
  endsBy: 'deadline',
  onEnd: 'poweroff',
  interrupt: null,
  unheardLimitSeconds: null,
  ...more,
})

describe('readMachineLease', () => {
  it.each(['', '{"t":1', 'null', '{}', '{"t":"soon","armed":true}'])('takes %j for none', (text) => {
    expect(readMachineLease(text)).toBeUndefined()
  })
})

describe('a lease', () => {
  it.each([
    [{}, 'ends 18:40 UTC'],
    [
      { idleSince: T - 725, idleLimitSeconds: 1800, ends: T + 1075, endsBy: 'idle' },
      'idle 12 m of 30 m, ends 18:17 UTC unless it is asked something',
    ],
    [{ idleSince: T - 5, idleLimitSeconds: 7200 }, 'idle 5.0 s of 2 h, ends 18:40 UTC'],
    [{ endsBy: 'boot', ends: T + 600 }, 'ends 18:10 UTC unless it serves'],
    [{ ends: null, endsBy: null, isArmed: false }, 'no end, its end is not armed'],
    [{ interrupt: T + 120 }, 'the cloud takes it back at 18:02 UTC, ends 18:40 UTC'],
  ] as [Partial<MachineLease>, string][])('in words: %j', (more, words) => {
    expect(leaseWords(lease(more))).toBe(words)
  })

  it.each([
    ['five minutes before the end', { ends: T + 299 }, undefined, true],
    ['five minutes before it exactly', { ends: T + 300 }, undefined, false],
    ['in the last tenth of a short one', { ends: T + 59 }, 600, true],
    ['before the last tenth of a short one', { ends: T + 61 }, 600, false],
    ['in the last tenth of a short idle time', { ends: T + 29, endsBy: 'idle', idleLimitSeconds: 300 }, 14_400, true],
    ['before that', { ends: T + 31, endsBy: 'idle', idleLimitSeconds: 300 }, 14_400, false],
    ['without an end', { ends: null, endsBy: null }, undefined, false],
    ['when the cloud takes the machine', { interrupt: T + 120, ends: T + 9999 }, undefined, true],
  ] as [string, Partial<MachineLease>, number | undefined, boolean][])('warns %s', (_, more, ttl, is) => {
    expect(isEnding(lease(more), ttl)).toBe(is)
  })
})
