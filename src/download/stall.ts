import type { Clock } from '../ports.js'

export interface StallWatch {
  /** Aborts with the caller's signal, or when nothing moved for the whole time. */
  readonly signal: AbortSignal
  /** Something moved. */
  touch(): void
  isStalled(): boolean
  stop(): void
}

/** A clock that starts anew with each `touch`. Call `stop` when done, however it went. */
export function stallWatch(stallMs: number, clock: Clock, signal: AbortSignal): StallWatch {
  const stopped = new AbortController()
  const stalled = new AbortController()
  const until = AbortSignal.any([signal, stopped.signal])
  let lastMs = clock.monotonicMs()
  const watch = async (): Promise<void> => {
    for (;;) {
      const leftMs = lastMs + stallMs - clock.monotonicMs()
      if (leftMs <= 0) break
      await clock.sleep(leftMs, until)
    }
    stalled.abort(new Error(`nothing moved for ${String(stallMs / 1000)} s`))
  }
  watch().catch(() => undefined) // stopped, or aborted by the caller
  return {
    signal: AbortSignal.any([signal, stalled.signal]),
    touch: () => {
      lastMs = clock.monotonicMs()
    },
    isStalled: () => stalled.signal.aborted,
    stop: () => stopped.abort(),
  }
}
