import type { Clock } from '../../ports.js'

export interface Activity {
  /** Inference requests being answered now. */
  readonly inFlight: number
  /** Inference requests that reached the engine. */
  readonly requests: number
  /** When the last one ended, on the wall clock; absent before the first. */
  readonly lastEndedMs?: number
}

export interface ActivityMeter {
  /** Counts a request; call the returned function once, when it is over. */
  begin(): () => void
  read(): Activity
}

/** Counts inference requests: what the idle limit and `status` read. Looking at the lab is not activity. */
export function activityMeter(clock: Clock): ActivityMeter {
  let inFlight = 0
  let requests = 0
  let lastEndedMs: number | undefined
  return {
    begin: () => {
      inFlight += 1
      requests += 1
      let isOver = false
      return () => {
        if (isOver) return
        isOver = true
        inFlight -= 1
        lastEndedMs = clock.now()
      }
    },
    read: () => ({ inFlight, requests, ...(lastEndedMs === undefined ? {} : { lastEndedMs }) }),
  }
}
