import { describe, expect, it } from 'vitest'
import type { LabStatus } from '../../../src/flow/lab-status.js'
import { phaseEvents } from '../../../src/flow/up-rented/phase-events.js'

type Phase = NonNullable<LabStatus['phases']>[number]

const status = (phases: readonly Phase[], more: Partial<LabStatus> = {}): LabStatus => ({
  name: 'one',
  state: 'starting',
  phases,
  ...more,
})
const weights = (more: Partial<Phase> = {}): Phase => ({
  name: 'weights',
  state: 'running',
  text: 'downloading the weights',
  ...more,
})
const path = (state: 'away' | 'connected', reason = 'lost'): NonNullable<LabStatus['path']> => ({
  state,
  since: '2026-01-01T00:00:00Z',
  reason,
})

describe('what is told of a machine that makes itself a laboratory', () => {
  it('is the beginning of each phase once, then its bytes', () => {
    const first = status([{ name: 'driver', state: 'done', text: '1x NVIDIA L4' }, weights({ done: 0, total: 100 })])
    expect(phaseEvents(undefined, first, 7000)).toEqual([
      { type: 'done', step: 'driver', text: '1x NVIDIA L4', elapsedMs: 7000 },
      { type: 'start', step: 'weights', text: 'downloading the weights' },
      { type: 'progress', step: 'weights', doneBytes: 0, totalBytes: 100, bytesPerSecond: 0 },
    ])
    const later = status([
      ...(first.phases ?? []).slice(0, 1),
      weights({ done: 50, total: 100, rate: 5, etaSeconds: 10 }),
    ])
    expect(phaseEvents(first, later, 8000)).toEqual([
      { type: 'progress', step: 'weights', doneBytes: 50, totalBytes: 100, bytesPerSecond: 5, etaMs: 10_000 },
    ])
    expect(phaseEvents(later, later, 9000)).toEqual([])
  })

  it('is a stall once, when it is one', () => {
    const before = status([weights({ done: 5, stallSeconds: 9 })])
    const stalled = status([weights({ done: 5, stallSeconds: 12, text: 'stalled for 12 s' })])
    expect(phaseEvents(before, stalled, 0)).toEqual([{ type: 'note', step: 'weights', text: 'stalled for 12 s' }])
    expect(phaseEvents(stalled, status([weights({ done: 5, stallSeconds: 14 })]), 0)).toEqual([])
  })

  it('is what a phase without bytes goes on with', () => {
    const loads = (seconds: number): LabStatus =>
      status([{ name: 'serve', state: 'running', text: `starting the engine: ${String(seconds)} s` }])
    expect(phaseEvents(loads(10), loads(20), 0)).toEqual([
      { type: 'start', step: 'serving', text: 'starting the engine: 20 s' },
    ])
    expect(phaseEvents(loads(20), loads(20), 0)).toEqual([])
  })

  it('is not that the engine serves: that is for the proof through the endpoint to say', () => {
    expect(phaseEvents(undefined, status([{ name: 'serve', state: 'done', text: 'done' }]), 0)).toEqual([])
  })

  it('is a path that is lost and comes back, and each note once', () => {
    const away = status([], { path: path('away', 'no answer') })
    expect(phaseEvents(status([]), away, 0)).toEqual([
      { type: 'note', step: 'boot', text: 'the connection is away (no answer); tried again' },
    ])
    const back = status([], { path: path('connected'), notes: [{ about: 'drift', text: 'KV cache 20 % smaller.' }] })
    expect(phaseEvents(away, back, 0)).toEqual([
      { type: 'note', step: 'boot', text: 'the connection is back' },
      { type: 'note', text: 'KV cache 20 % smaller.' },
    ])
    expect(phaseEvents(back, back, 0)).toEqual([])
  })
})
