import type { BootstrapDeps } from '../../src/bootstrap/deps.js'
import type { Clock } from '../../src/ports.js'
import type { LabosEvent } from '../../src/ui/events.js'
import { fakeClock, type FakeClock } from './clock.js'
import { fakeMachine } from './machine.js'

export interface BootstrapBench {
  readonly deps: BootstrapDeps
  readonly events: LabosEvent[]
  readonly lines: string[]
  /** Events of one type. */
  of<T extends LabosEvent['type']>(type: T): Extract<LabosEvent, { type: T }>[]
}

/** Everything that bootstrap needs, harmless; a test replaces what it is about. */
export function bootstrapBench(change: Partial<BootstrapDeps> = {}): BootstrapBench {
  const events: LabosEvent[] = []
  const lines: string[] = []
  const deps: BootstrapDeps = {
    machine: fakeMachine({}, []),
    fetch: () => Promise.reject(new Error('no network in this test')),
    clock: fakeClock(),
    env: {},
    emit: (event) => void events.push(event),
    log: (line) => void lines.push(line),
    ...change,
  }
  return {
    deps,
    events,
    lines,
    of: <T extends LabosEvent['type']>(type: T) =>
      events.filter((event): event is Extract<LabosEvent, { type: T }> => event.type === type),
  }
}

/** Short waits are over at once, those of a minute and more never: for retries against a real server. */
export function hurriedClock(): Clock & { readonly slept: number[] } {
  const slept: number[] = []
  let nowMs = 0
  return {
    slept,
    now: () => Date.UTC(2026, 0, 1) + nowMs,
    monotonicMs: () => (nowMs += 1),
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        signal?.throwIfAborted()
        const onAbort = (): void => reject(signal?.reason as Error)
        signal?.addEventListener('abort', onAbort, { once: true })
        if (ms >= 59_000) return
        slept.push(ms)
        setImmediate(() => {
          signal?.removeEventListener('abort', onAbort)
          resolve()
        })
      }),
  }
}

/** Moves the clock on until the promise has settled; between the moves real files and sockets get their turn. */
export async function passTime<T>(clock: FakeClock, stepMs: number, promise: Promise<T>): Promise<T> {
  const settled = promise.then(
    () => true,
    () => true,
  )
  const turn = (): Promise<false> => new Promise((resolve) => setTimeout(() => resolve(false), 1))
  while (!(await Promise.race([settled, turn()]))) await clock.advance(stepMs)
  return promise
}
