import { describe, expect, it } from 'vitest'
import { activityMeter } from '../../../../src/connect/gateway/activity.js'
import { fakeClock } from '../../../fakes/clock.js'

describe('activityMeter', () => {
  it('knows of no end before the first request', () => {
    const meter = activityMeter(fakeClock())
    expect(meter.read()).toEqual({ inFlight: 0, requests: 0 })
    meter.begin()
    expect(meter.read()).toEqual({ inFlight: 1, requests: 1 })
  })

  it('counts requests that overlap, and keeps when the last one ended', async () => {
    const clock = fakeClock(0)
    const meter = activityMeter(clock)
    const endFirst = meter.begin()
    const endSecond = meter.begin()
    await clock.advance(500)
    endSecond()
    expect(meter.read()).toEqual({ inFlight: 1, requests: 2, lastEndedMs: 500 })
    await clock.advance(250)
    endFirst()
    expect(meter.read()).toEqual({ inFlight: 0, requests: 2, lastEndedMs: 750 })
  })

  it('counts one end of a request once', async () => {
    const clock = fakeClock(0)
    const meter = activityMeter(clock)
    const end = meter.begin()
    end()
    await clock.advance(1000)
    end()
    expect(meter.read()).toEqual({ inFlight: 0, requests: 1, lastEndedMs: 0 })
  })

  it('gives a reading that does not change afterwards', () => {
    const meter = activityMeter(fakeClock())
    const before = meter.read()
    meter.begin()
    expect(before).toEqual({ inFlight: 0, requests: 0 })
  })
})
