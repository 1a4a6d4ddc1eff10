import type { Clock } from '../../src/ports.js'

export interface FakeClock extends Clock {
  /** Moves time on; sleeps that are over resolve, in order. Lets what they wake run before it returns. */
  advance(ms: number): Promise<void>
  /** How many sleeps are waiting. */
  readonly sleepers: number
}

interface Sleeper {
  readonly at: number
  wake(): void
}

/** Files are read and written in real time, which may be long on a busy computer: time does not move meanwhile. */
const isAtFiles = (): boolean =>
  process.getActiveResourcesInfo().some((name) => name.startsWith('FSReq') || name === 'CloseReq')

const TURNS = 20
/** Some half a minute of waiting for a disk. */
const MOST_WAITS = 20_000

async function settle(): Promise<void> {
  for (let waits = 0; waits < MOST_WAITS; waits += 1) {
    const wasAtFiles = isAtFiles()
    for (let turn = 0; turn < TURNS; turn += 1) await new Promise((resolve) => setImmediate(resolve))
    if (!wasAtFiles && !isAtFiles()) return
    if (isAtFiles()) await new Promise((resolve) => setTimeout(resolve, 1))
  }
}

/** Time that stands still until a test moves it. */
export function fakeClock(startMs = Date.UTC(2026, 0, 1)): FakeClock {
  let nowMs = 0
  let sleepers: Sleeper[] = []
  return {
    now: () => startMs + nowMs,
    monotonicMs: () => nowMs,
    get sleepers() {
      return sleepers.length
    },
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        signal?.throwIfAborted()
        const onAbort = (): void => {
          sleepers = sleepers.filter((other) => other !== sleeper)
          reject(signal?.reason as Error)
        }
        const wake = (): void => {
          signal?.removeEventListener('abort', onAbort)
          resolve()
        }
        const sleeper = { at: nowMs + ms, wake }
        sleepers.push(sleeper)
        signal?.addEventListener('abort', onAbort, { once: true })
      }),
    advance: async (ms) => {
      const until = nowMs + ms
      for (let turn = 0; turn < 10_000; turn += 1) {
        await settle()
        const [next] = sleepers.filter(({ at }) => at <= until).sort((a, b) => a.at - b.at)
        if (!next) break
        nowMs = Math.max(nowMs, next.at)
        sleepers = sleepers.filter((other) => other !== next)
        next.wake()
      }
      nowMs = until
      await settle()
    },
  }
}
