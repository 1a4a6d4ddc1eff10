import { getEventListeners } from 'node:events'
import { describe, expect, it } from 'vitest'
import { systemClock } from '../../../src/adapters/system-clock.js'

describe('the real clock', () => {
  it('tells the time of this computer', () => {
    const before = Date.now()
    const now = systemClock.now()
    expect(now).toBeGreaterThanOrEqual(before)
    expect(now).toBeLessThanOrEqual(Date.now())
  })

  it('never goes back', () => {
    const moments = Array.from({ length: 1000 }, () => systemClock.monotonicMs())
    expect(moments).toEqual([...moments].sort((a, b) => a - b))
  })

  it('sleeps at least as long as asked, by both of its times', async () => {
    const since = systemClock.monotonicMs()
    await systemClock.sleep(20)
    expect(systemClock.monotonicMs() - since).toBeGreaterThanOrEqual(19) // timers round to whole milliseconds
  })

  it('wakes at once with the reason of an abort, and lets go of its timer', async () => {
    const stop = new AbortController()
    const sleeping = expect(systemClock.sleep(60_000, stop.signal)).rejects.toThrow('enough')
    stop.abort(new Error('enough'))
    await sleeping
  })

  it('does not begin to sleep when it is aborted already', async () => {
    const stopped = AbortSignal.abort(new Error('enough'))
    await expect(systemClock.sleep(60_000, stopped)).rejects.toThrow('enough')
    expect(getEventListeners(stopped, 'abort')).toEqual([])
  })

  it('leaves nothing on a signal that is used for many sleeps', async () => {
    const { signal } = new AbortController()
    for (let turn = 0; turn < 5; turn += 1) await systemClock.sleep(0, signal)
    expect(getEventListeners(signal, 'abort')).toEqual([])
  })

  it('does not wake at once from a sleep longer than a timer can be', async () => {
    const stop = new AbortController()
    const year = systemClock.sleep(365 * 86_400_000, stop.signal).then(
      () => 'woke',
      () => 'aborted',
    )
    await systemClock.sleep(5)
    stop.abort()
    expect(await year).toBe('aborted')
  })
})
