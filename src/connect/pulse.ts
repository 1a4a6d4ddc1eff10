/** Watches one connection: a path can be dead while both ends think it is open. */
import type { Clock, RemoteMachine } from '../ports.js'

/** How often is looked; nothing is sent for that. */
export const TICK_MS = 2000
/** The wall clock went on by that much more than a tick: the computer slept, or this process was stopped. */
const JUMP_MS = 5000

/** How long nothing is asked, and then how long the answer may take. */
const IDLE = { quietMs: 15_000, patienceMs: 45_000 }
/** A request waits, or the computer has just woken. */
const URGENT = { quietMs: 3000, patienceMs: 5000 }

export interface PulseDeps {
  readonly clock: Clock
  /** Whether a request waits for its answer. */
  isWaiting(): boolean
  /** Resolves after `ms`, or as soon as somebody asks for the machine. */
  nap(ms: number): Promise<void>
}

/** True when the wall clock shows that a nap of at most a tick took far longer. */
export const hasJumped = (clock: Clock, sinceMs: number): boolean => clock.now() - sinceMs > TICK_MS + JUMP_MS

/** Resolves with the reason when the connection is over or the path is dead. The connection is closed then. */
export async function watchPulse(machine: RemoteMachine, deps: PulseDeps): Promise<string> {
  const found: { reason?: string | undefined } = {}
  const closed = machine.closed.then((error) => {
    found.reason = error?.message ?? 'it was closed'
  })
  const pulse = pulseOf(machine, deps)
  while (found.reason === undefined) {
    const beforeMs = deps.clock.now()
    await Promise.race([closed, deps.nap(TICK_MS)])
    found.reason ??= pulse.feel(hasJumped(deps.clock, beforeMs))
  }
  pulse.forget()
  machine.close()
  return found.reason
}

interface Pulse {
  /** Says why the path counts as dead; else asks, where it was quiet for long enough. */
  feel(hasSlept: boolean): string | undefined
  forget(): void
}

function pulseOf(machine: RemoteMachine, { clock, isWaiting }: PulseDeps): Pulse {
  let heardMs = clock.monotonicMs()
  let asked: { readonly sinceMs: number; readonly abort: AbortController } | undefined
  let isDoubted = false
  const forget = (): void => {
    asked?.abort.abort()
    asked = undefined
  }
  const ask = (): void => {
    const abort = new AbortController()
    asked = { sinceMs: clock.monotonicMs(), abort }
    machine.ping(abort.signal).then(
      () => {
        if (abort.signal.aborted) return
        heardMs = clock.monotonicMs()
        isDoubted = false
        asked = undefined
      },
      () => undefined, // `closed` says it
    )
  }
  const feel = (hasSlept: boolean): string | undefined => {
    if (hasSlept) {
      isDoubted = true
      forget() // what was asked before the sleep says nothing of now
    }
    const { quietMs, patienceMs } = isDoubted || isWaiting() ? URGENT : IDLE
    if (asked && clock.monotonicMs() - asked.sinceMs >= patienceMs)
      return `nothing was heard of it for ${String(patienceMs / 1000)} s`
    if (!asked && (isDoubted || clock.monotonicMs() - heardMs >= quietMs)) ask()
    return undefined
  }
  return { feel, forget }
}
