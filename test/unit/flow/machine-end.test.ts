import { describe, expect, it } from 'vitest'
import { machineEnd } from '../../../src/flow/keep/machine-end.js'
import { machineNotes } from '../../../src/flow/keep/machine-notes.js'
import type { MachineLease } from '../../../src/lease/machine-lease.js'

const NOW = Date.UTC(2026, 0, 1, 4)
const SECONDS = NOW / 1000

const lease = (more: Partial<MachineLease> = {}): MachineLease => ({
  at: SECONDS,
  isArmed: true,
  deadline: SECONDS + 7200,
  bootDeadline: null,
  idleLimitSeconds: 1800,
  idleSince: SECONDS - 600,
  isServed: true,
  ends: SECONDS + 1200,
  endsBy: 'idle',
  onEnd: 'poweroff',
  interrupt: null,
  unheardLimitSeconds: null,
  ...more,
})

const away = { state: 'away' as const, reason: 'silence', retryAfterMs: 1000 }
const connected = { state: 'connected' as const, retryAfterMs: 0 }
const iso = (seconds: number): string => new Date((SECONDS + seconds) * 1000).toISOString()

describe('a machine', () => {
  it.each([
    ['answers, though its lease is over by what is known here', connected, lease({ ends: SECONDS - 900 }), undefined],
    ['is away, and its lease is not over', away, lease(), undefined],
    ['is away, and its end was a moment ago', away, lease({ ends: SECONDS - 59 }), undefined],
    ['is away, and its deadline was moved since', away, lease({ ends: SECONDS - 90, endsBy: 'deadline' }), iso(600)],
    ['was never read and is not late', away, undefined, iso(-59)],
    ['was never read and has no deadline', away, undefined, undefined],
  ])('has not ended that %s', (_, path, said, expiresAt) => {
    expect(machineEnd({ path, lease: said, expiresAt, nowMs: NOW })).toBeUndefined()
  })

  it.each([
    ['idle', lease({ ends: SECONDS - 61 }), 'nothing was asked for 30 m, and its machine does not answer any more'],
    [
      'deadline',
      lease({ ends: SECONDS - 61, endsBy: 'deadline' }),
      'its deadline passed at 2026-01-01 03:58 UTC, and its machine does not answer any more',
    ],
    [
      'boot',
      lease({ ends: SECONDS - 61, endsBy: 'boot' }),
      'it did not serve in the time for a start, which was over at 2026-01-01 03:58 UTC, and its machine does not answer any more',
    ],
    ['deadline', undefined, 'its deadline passed at 2026-01-01 03:58 UTC, and its machine does not answer'],
  ] as const)('has ended by its %s when it is away past that', (reason, said, detail) => {
    const facts = { path: away, lease: said, expiresAt: iso(-61), nowMs: NOW }
    expect(machineEnd(facts)).toEqual({ at: '2026-01-01T04:00:00.000Z', reason, detail })
  })

  it('has ended when it could not hear for longer than it waits', () => {
    const said = lease({ ends: SECONDS + 3600, unheardLimitSeconds: 900 })
    const facts = { path: away, lease: said, expiresAt: iso(7200), nowMs: NOW }
    expect(machineEnd({ ...facts, unreadMs: 959_000 })).toBeUndefined()
    expect(machineEnd({ ...facts, unreadMs: 961_000 })).toMatchObject({
      reason: 'unheard',
      detail: 'this computer was not heard of for 15 m, and its machine does not answer any more',
    })
  })

  it('has ended when the cloud says so', () => {
    const path = { ...away, state: 'failed' as const, code: 'machine.gone', reason: 'its machine i-1 has ended' }
    expect(machineEnd({ path, nowMs: NOW })).toMatchObject({ reason: 'gone', detail: 'its machine i-1 has ended' })
  })

  it('of the user’s own goes on, and what served on it has ended', () => {
    const over = lease({ onEnd: 'stop', isArmed: false, ends: SECONDS - 1, endsBy: 'deadline', deadline: null })
    expect(machineEnd({ path: connected, lease: over, nowMs: NOW })).toMatchObject({
      reason: 'deadline',
      detail:
        'its deadline passed at 2026-01-01 03:59 UTC: what served on your host was ended; `labos up` starts it again',
    })
    expect(machineEnd({ path: connected, lease: { ...over, endsBy: null }, nowMs: NOW })).toMatchObject({
      reason: 'told',
      detail: expect.stringMatching(/^it was told to end at 2026-01-01 03:59 UTC: /) as string,
    })
    expect(machineEnd({ path: connected, lease: { ...over, isArmed: true }, nowMs: NOW })).toBeUndefined()
    const unheard = { ...over, endsBy: 'unheard' as const, unheardLimitSeconds: 900 }
    expect(machineEnd({ path: connected, lease: unheard, nowMs: NOW })).toMatchObject({
      reason: 'unheard',
      detail: expect.stringMatching(/^this computer was not heard of for 15 m: /) as string,
    })
    expect(machineEnd({ path: connected, lease: { ...over, ends: SECONDS + 1 }, nowMs: NOW })).toBeUndefined()
  })
})

describe('notes on a machine', () => {
  const notes = (more: Partial<MachineLease>): string[] =>
    machineNotes({ name: 'one', ttlMs: 4 * 3_600_000, lease: lease(more), drift: [] }).map(({ text }) => text)

  it.each([
    [{}, []],
    [
      { ends: SECONDS + 120 },
      [
        'It ends in 2 m 00 s, at 2026-01-01 04:02 UTC: nothing was asked of it. Any request keeps it for 30 m 00 s more.',
      ],
    ],
    [
      { ends: SECONDS + 120, deadline: SECONDS + 300 },
      [
        'It ends in 2 m 00 s, at 2026-01-01 04:02 UTC: nothing was asked of it. Any request keeps it for 5 m 00 s, until its deadline.',
      ],
    ],
    [{ ends: SECONDS - 1 }, ['It ends any moment now: its time was over at 2026-01-01 03:59 UTC.']],
    [
      { ends: SECONDS + 240, endsBy: 'deadline' as const },
      ['It ends in 4 m 00 s, at 2026-01-01 04:04 UTC: `labos extend 2h one` moves its deadline.'],
    ],
    [
      { ends: SECONDS + 60, endsBy: 'boot' as const },
      ['It ends in 1 m 00 s, at 2026-01-01 04:01 UTC, unless it serves by then.'],
    ],
    [
      { isArmed: false },
      ['NOTHING ENDS THIS MACHINE BY ITSELF: its timer does not run. End it with `labos down one`.'],
    ],
    [{ interrupt: SECONDS + 100 }, ['AWS takes this spot machine away at 2026-01-01 04:01 UTC.']],
  ])('%j say: %j', (more, texts) => {
    expect(notes(more)).toEqual(texts)
  })

  it('tell of the repair of its context and of drift', () => {
    const kvRepair = { at: '2026', fromTokens: 2, toTokens: 1, text: 'Shorter.' }
    const drift = [{ what: 'weights' as const, planned: 1, measured: 2, share: 1, text: 'More.' }]
    expect(machineNotes({ name: 'one', ttlMs: 1, drift, kvRepair })).toEqual([
      { about: 'kv-repair', text: 'Shorter.' },
      { about: 'drift', text: 'More.' },
    ])
  })
})
