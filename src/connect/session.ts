/** Keeps one connection to a lab's machine, for ever: lost, it is made again; asked for, at once. */
import { Duplex } from 'node:stream'
import type { ErrorCode } from '../errors/codes.js'
import { LabosError } from '../errors/labos-error.js'
import type { Clock, ConnectSsh, RemoteMachine, SshPlace } from '../ports.js'
import { connectLimitMs, lookDelayMs, retryDelayMs } from './backoff.js'
import { hasJumped, TICK_MS, watchPulse } from './pulse.js'

export interface SessionState {
  /** `away`: tried again by itself. `failed`: only when asked (`retry`). */
  readonly state: 'connecting' | 'connected' | 'away' | 'failed'
  /** Milliseconds since the epoch. */
  readonly since: number
  /** Why it is not connected. */
  readonly reason?: string
  /** The code of what it failed with. */
  readonly code?: ErrorCode
  /** When another try is worth it for a client. */
  readonly retryAfterMs: number
}

export interface SessionDeps {
  readonly clock: Clock
  readonly connect: ConnectSsh
  /** 0 to 1. */
  readonly random: () => number
  /** Whether a request waits for its answer: a dead path is then found within some ten seconds. */
  isWaiting(): boolean
  /**
   * Where the machine is now that was looked for at that place; asked when it was away for a while, and then ever more rarely.
   * Undefined: nothing new is known. To reject with `machine.gone` ends the tries; any other rejection is as good as undefined.
   */
  findAgain?(place: SshPlace): Promise<SshPlace | undefined>
  onState?(state: SessionState): void
}

export interface Session {
  /** Undefined while there is no connection. */
  machine(): RemoteMachine | undefined
  state(): SessionState
  /** A stream to a loopback port of the machine; without a connection it fails at once, and a try is made. */
  dial(port: number): Duplex
  /** Somebody waits: try now. Cheap, and may be called for every request. */
  wake(): void
  /** Tries again after `failed`. */
  retry(): void
  /** Resolves when nothing of it runs. */
  close(): Promise<void>
}

/** After a loss, and after each time that somebody asked, tries are made often for so long. */
const HURRY_AFTER_LOSS_MS = 300_000
const HURRY_AFTER_ASKED_MS = 60_000
const FAILED_RETRY_MS = 60_000

/** What does not pass by itself. */
const FINAL: readonly ErrorCode[] = ['ssh.hostkey', 'ssh.auth', 'ssh.key', 'machine.gone']

interface Live {
  readonly deps: SessionDeps
  readonly end: AbortController
  place: SshPlace
  machine?: RemoteMachine
  state: SessionState
  askedMs: number
  lostMs: number
  /** Why no try is worth it. */
  final?: LabosError
  /** Ends the nap under way. */
  alarm: AbortController
}

/** Starts at once. Closing it closes the connection. */
export function openSession(place: SshPlace, deps: SessionDeps): Session {
  const nowMs = deps.clock.monotonicMs()
  const live: Live = {
    deps,
    place,
    end: new AbortController(),
    state: { state: 'connecting', since: deps.clock.now(), retryAfterMs: 1000 },
    askedMs: nowMs,
    lostMs: nowMs,
    alarm: new AbortController(),
  }
  const over = run(live)
  const wake = (): void => {
    live.askedMs = deps.clock.monotonicMs()
    if (!live.machine) live.alarm.abort()
  }
  return {
    machine: () => live.machine,
    state: () => live.state,
    dial: (port) => {
      if (live.machine) return live.machine.dial(port)
      wake()
      return failing(live.state.reason ?? 'the connection is being made')
    },
    wake,
    retry: () => {
      if (!live.final) return wake()
      delete live.final
      say(live, 'connecting')
      wake()
    },
    close: async () => {
      live.end.abort()
      live.alarm.abort()
      live.machine?.close()
      await over
    },
  }
}

const isOver = ({ end }: Live): boolean => end.signal.aborted

async function run(live: Live): Promise<void> {
  while (!isOver(live)) {
    const machine = await reconnect(live)
    if (!machine) return
    live.machine = machine
    if (isOver(live)) machine.close()
    else say(live, 'connected')
    const { clock, isWaiting } = live.deps
    const reason = await watchPulse(machine, { clock, isWaiting, nap: (ms) => nap(live, ms) })
    live.alarm.abort()
    delete live.machine
    live.lostMs = clock.monotonicMs()
    if (!isOver(live)) say(live, 'away', reason)
  }
}

/** Tries until there is a connection; undefined when the session was closed. */
async function reconnect(live: Live): Promise<RemoteMachine | undefined> {
  const { clock, connect } = live.deps
  const look = looker(live)
  for (let failures = 1; !isOver(live); failures += 1) {
    const startedMs = clock.monotonicMs()
    try {
      return await connect(live.place, live.end.signal, connectLimitMs(isInAHurry(live)))
    } catch (error) {
      if (isOver(live)) return undefined
      if (isFinal(error)) live.final = error
      else say(live, 'away', error instanceof Error ? error.message : String(error))
    }
    look()
    if (await pause(live, startedMs, failures)) failures = 0
  }
  return undefined
}

/** Waits for the next try. True when everything may be different now: the computer has slept, or the user says try again. */
async function pause(live: Live, startedMs: number, failures: number): Promise<boolean> {
  const { clock, random } = live.deps
  const jitter = random()
  while (!isOver(live)) {
    if (live.final) return untilRetry(live, live.final)
    const waitMs = startedMs + retryDelayMs(failures, isInAHurry(live), jitter) - clock.monotonicMs()
    if (waitMs <= 0) return false
    live.state = { ...live.state, retryAfterMs: waitMs }
    const beforeMs = clock.now()
    await nap(live, Math.min(waitMs, TICK_MS))
    if (!hasJumped(clock, beforeMs)) continue
    live.askedMs = clock.monotonicMs()
    return true
  }
  return false
}

async function untilRetry(live: Live, error: LabosError): Promise<true> {
  say(live, 'failed', error.message, error.code)
  while (live.final && !isOver(live)) await nap(live, FAILED_RETRY_MS)
  return true
}

const isFinal = (error: unknown): error is LabosError => error instanceof LabosError && FINAL.includes(error.code)

const isInAHurry = ({ deps, askedMs, lostMs }: Live): boolean => {
  const nowMs = deps.clock.monotonicMs()
  return deps.isWaiting() || nowMs - askedMs < HURRY_AFTER_ASKED_MS || nowMs - lostMs < HURRY_AFTER_LOSS_MS
}

/** Asks now and then, beside the tries, where the machine is. */
function looker(live: Live): () => void {
  const { clock, findAgain } = live.deps
  let looks = 0
  let sinceMs = clock.monotonicMs()
  return () => {
    if (!findAgain || clock.monotonicMs() - sinceMs < lookDelayMs(looks)) return
    looks += 1
    sinceMs = Infinity // one look at a time
    findAgain(live.place)
      .then(
        (place) => {
          if (!place) return
          live.place = place
          live.alarm.abort()
        },
        (error: unknown) => {
          if (!isFinal(error) || live.machine) return
          live.final = error
          live.alarm.abort()
        },
      )
      .finally(() => (sinceMs = clock.monotonicMs()))
  }
}

async function nap(live: Live, ms: number): Promise<void> {
  live.alarm = new AbortController()
  await live.deps.clock.sleep(ms, live.alarm.signal).catch(() => undefined)
}

function say(live: Live, state: SessionState['state'], reason?: string, code?: ErrorCode): void {
  const isNews = state !== live.state.state
  live.state = {
    state,
    since: isNews ? live.deps.clock.now() : live.state.since,
    retryAfterMs: state === 'connected' ? 0 : state === 'failed' ? FAILED_RETRY_MS : 1000,
    ...(reason === undefined ? {} : { reason }),
    ...(code === undefined ? {} : { code }),
  }
  if (isNews || reason !== undefined) live.deps.onState?.(live.state)
}

/** A stream that never was. */
function failing(reason: string): Duplex {
  const stream = new Duplex({ read: () => undefined, write: (_piece, _encoding, done) => done() })
  stream.destroy(
    new LabosError('machine.unreachable', `There is no connection to the machine: ${reason}`, {
      suggestions: ['labos tries again by itself; `labos status` says how it is.'],
    }),
  )
  return stream
}
