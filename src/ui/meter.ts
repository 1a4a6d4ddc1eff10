/** Rate and time left of something that moves bytes. */
import type { Clock } from '../ports.js'
import type { Emit, StepName } from './events.js'

const EMIT_MS = 200
/** Weight of the newest interval: about five seconds of memory at five samples a second. */
const SMOOTHING = 0.15

export interface Meter {
  /** Tells how many bytes are there by now; emits a `progress` event at most five times a second. */
  at(doneBytes: number): void
}

/** `startBytes` are there already (a resumed download): they do not count for the rate. */
export function meter(step: StepName, totalBytes: number | undefined, emit: Emit, clock: Clock, startBytes = 0): Meter {
  let lastMs = clock.monotonicMs()
  let lastBytes = startBytes
  let rate = 0
  return {
    at: (doneBytes) => {
      const nowMs = clock.monotonicMs()
      const spanMs = nowMs - lastMs
      if (spanMs < EMIT_MS) return
      const current = (Math.max(0, doneBytes - lastBytes) * 1000) / spanMs
      rate = rate === 0 ? current : rate + SMOOTHING * (current - rate)
      lastMs = nowMs
      lastBytes = doneBytes
      const left = totalBytes === undefined ? undefined : Math.max(0, totalBytes - doneBytes)
      emit({
        type: 'progress',
        step,
        doneBytes,
        ...(totalBytes === undefined ? {} : { totalBytes }),
        bytesPerSecond: Math.round(rate),
        ...(left === undefined || rate < 1 ? {} : { etaMs: Math.round((left / rate) * 1000) }),
      })
    },
  }
}
