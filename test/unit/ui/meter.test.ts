import { describe, expect, it } from 'vitest'
import type { LabosEvent } from '../../../src/ui/events.js'
import { meter } from '../../../src/ui/meter.js'
import { fakeClock } from '../../fakes/clock.js'

async function run(samples: readonly (readonly [afterMs: number, doneBytes: number])[], total?: number, start = 0) {
  const clock = fakeClock()
  const events: LabosEvent[] = []
  const shown = meter('weights', total, (event) => void events.push(event), clock, start)
  for (const [afterMs, doneBytes] of samples) {
    await clock.advance(afterMs)
    shown.at(doneBytes)
  }
  return events
}

describe('meter', () => {
  it('tells rate and time left', async () => {
    expect(await run([[1000, 1_000_000]], 5_000_000)).toEqual([
      {
        type: 'progress',
        step: 'weights',
        doneBytes: 1_000_000,
        totalBytes: 5_000_000,
        bytesPerSecond: 1_000_000,
        etaMs: 4000,
      },
    ])
  })

  it('speaks at most five times a second', async () => {
    const samples = Array.from({ length: 100 }, (_, index) => [20, index * 1000] as const)
    expect(await run(samples, 100_000)).toHaveLength(10)
  })

  it('smooths: one slow moment does not triple the time left', async () => {
    const events = await run(
      [
        [1000, 1_000_000],
        [1000, 2_000_000],
        [1000, 2_000_000],
      ],
      10_000_000,
    )
    expect(events.at(-1)).toMatchObject({ bytesPerSecond: 850_000 })
  })

  it('does not count bytes that were there before', async () => {
    expect(await run([[1000, 9_100_000]], 10_000_000, 9_000_000)).toMatchObject([
      { bytesPerSecond: 100_000, etaMs: 9000 },
    ])
  })

  it('promises no end while the total is unknown or nothing moves', async () => {
    expect((await run([[1000, 500]])).at(0)).toEqual({
      type: 'progress',
      step: 'weights',
      doneBytes: 500,
      bytesPerSecond: 500,
    })
    expect((await run([[1000, 0]], 100)).at(0)).not.toHaveProperty('etaMs')
  })

  it('never shows a negative rate when a download begins again', async () => {
    const events = await run(
      [
        [1000, 5000],
        [1000, 0],
      ],
      10_000,
    )
    expect(events.at(-1)).toMatchObject({ doneBytes: 0, bytesPerSecond: 4250 })
  })
})
