import { describe, expect, it } from 'vitest'
import { stallWatch } from '../../../src/download/stall.js'
import { fakeClock } from '../../fakes/clock.js'

describe('stallWatch', () => {
  it('aborts when nothing moved for the whole time, and not before', async () => {
    const clock = fakeClock()
    const watch = stallWatch(60_000, clock, new AbortController().signal)
    await clock.advance(59_999)
    expect(watch.isStalled()).toBe(false)
    await clock.advance(1)
    expect(watch.isStalled()).toBe(true)
    expect(watch.signal.reason).toMatchObject({ message: 'nothing moved for 60 s' })
  })

  it('starts anew with each touch', async () => {
    const clock = fakeClock()
    const watch = stallWatch(60_000, clock, new AbortController().signal)
    for (let turn = 0; turn < 5; turn += 1) {
      await clock.advance(50_000)
      watch.touch()
    }
    expect(watch.isStalled()).toBe(false)
    await clock.advance(60_000)
    expect(watch.isStalled()).toBe(true)
  })

  it('aborts with its caller, which is no stall, and leaves no timer behind', async () => {
    const clock = fakeClock()
    const stop = new AbortController()
    const watch = stallWatch(60_000, clock, stop.signal)
    stop.abort(new Error('enough'))
    expect(watch.signal.reason).toMatchObject({ message: 'enough' })
    expect(watch.isStalled()).toBe(false)
    expect(clock.sleepers).toBe(0)
  })

  it('is over once stopped', async () => {
    const clock = fakeClock()
    const watch = stallWatch(60_000, clock, new AbortController().signal)
    watch.stop()
    await clock.advance(120_000)
    expect(watch.signal.aborted).toBe(false)
    expect(clock.sleepers).toBe(0)
  })
})
