/** Keeps one engine process going: starts it, waits until it serves, starts it again when it ends or hangs. */
import { randomBytes } from 'node:crypto'
import type { LocalEngine, EngineProcess } from '../engines/engine.js'
import type { Plan } from '../plan/plan.js'
import type { Clock, Machine, Ports } from '../ports.js'
import { formatDuration } from '../ui/format.js'
import { engineLog, type EngineLog } from './engine-log.js'
import { get } from './health.js'
import { afterEnd, STEADY_MS } from './restart-policy.js'

/** A running engine process, as the keeper holds it. */
export interface RunningEngine {
  readonly pid: number
  /** Resolves when it has ended, with how ("exit 1", "SIGKILL"). */
  readonly ended: Promise<string>
  kill(signal: 'SIGTERM' | 'SIGKILL'): void
}

export interface SupervisorDeps {
  readonly clock: Clock
  readonly ports: Pick<Ports, 'free'>
  readonly machine: Pick<Machine, 'dial'>
  /** Starts the process; each line it says goes to `onLine`. Throws when it cannot be started. */
  spawn(process: EngineProcess, onLine: (line: string) => void): Promise<RunningEngine>
  /** Every line the engine says, for its log file. */
  log(line: string): void
  /** What happened to the engine, for the keeper's log and record. */
  onChange(snapshot: EngineSnapshot): void
}

export interface EngineSnapshot {
  /** The last two are of engines on a machine that is reached over SSH. */
  readonly state: 'starting' | 'serving' | 'restarting' | 'failed' | 'unresponsive' | 'unreachable'
  /** Why, where the state has a reason. */
  readonly detail?: string
  /** Stable name of why it failed, where one is known. */
  readonly cause?: string
  readonly pid?: number
  readonly restarts: number
  readonly lastExit?: { readonly at: string; readonly why: string }
  /** Milliseconds until it is tried again. */
  readonly retryAfterMs: number
}

export interface Address {
  readonly port: number
  readonly key?: string
}

/** An engine that is looked after: the keeper's own process or, with Ollama, the user's service. */
export interface Supervisor {
  snapshot(): EngineSnapshot
  /** Where the engine is reached; only while it serves. */
  address(): Address | undefined
  /** True when the engine answers its health path right now. */
  isHealthy(): Promise<boolean>
  /** Ends what the keeper started and resolves when it is gone: SIGTERM, after five seconds SIGKILL. */
  stop(): Promise<void>
}

export interface Supervised {
  readonly engine: LocalEngine
  readonly plan: Plan
  readonly home: string
  readonly weightsPath: string
}

interface Care {
  readonly what: Supervised
  readonly deps: SupervisorDeps
  readonly said: EngineLog
  readonly stopping: AbortController
  snapshot: EngineSnapshot
  running?: RunningEngine | undefined
  address?: Address | undefined
}

const STARTING_POLL_MS = 40
/** An engine that does not serve after this, and the time a slow disk needs to read the weights, hangs. */
const START_MS = 300_000
const LOAD_BYTES_PER_MS = 10_000
const WATCH_MS = 15_000
const HEALTH_MS = 5000
const MISSES = 3
const STOP_MS = 5000

/** Starts at once; look at `snapshot()` for how it goes. */
export function superviseEngine(what: Supervised, deps: SupervisorDeps): Supervisor {
  const care: Care = {
    what,
    deps,
    said: engineLog(),
    stopping: new AbortController(),
    snapshot: { state: 'starting', restarts: 0, retryAfterMs: 2000 },
  }
  const done = lives(care).catch(() => undefined) // a sleep ends with a rejection when it is stopped
  return {
    snapshot: () => care.snapshot,
    address: () => care.address,
    isHealthy: () => isHealthy(care, care.address),
    stop: async () => {
      care.stopping.abort()
      if (care.running) await end(care.running, deps.clock)
      await done
    },
  }
}

/** One process after the other, until it is stopped or given up. */
async function lives(care: Care): Promise<void> {
  const { clock } = care.deps
  const { signal } = care.stopping
  let endsInRow = 0
  let failedStartsInRow = 0
  for (;;) {
    const { why, servedMs } = await oneLife(care)
    if (signal.aborted) return
    endsInRow = servedMs > STEADY_MS ? 1 : endsInRow + 1
    failedStartsInRow = servedMs === 0 ? failedStartsInRow + 1 : 0
    const next = afterEnd({ endsInRow, failedStartsInRow })
    const lastExit = { at: new Date(clock.now()).toISOString(), why }
    const reason = care.said.explain(care.what.engine.logRules)
    if (!next.restart) {
      change(care, {
        state: 'failed',
        detail: reason,
        restarts: care.snapshot.restarts,
        lastExit,
        retryAfterMs: 60_000,
      })
      return
    }
    const detail = `it ended (${why}): ${reason}`
    change(care, {
      state: 'restarting',
      detail,
      restarts: care.snapshot.restarts + 1,
      lastExit,
      retryAfterMs: next.afterMs + 1000,
    })
    await clock.sleep(next.afterMs, signal)
  }
}

async function oneLife(care: Care): Promise<{ why: string; servedMs: number }> {
  const { deps, what, said } = care
  said.clear()
  const hear = (line: string): void => {
    said.add(line)
    deps.log(line)
  }
  let at: Required<Address>
  let child: RunningEngine
  try {
    at = { port: await deps.ports.free(), key: randomBytes(24).toString('base64url') }
    child = await deps.spawn(processOf(what, at), hear)
  } catch (error) {
    // In the engine's place, which had no chance to say why.
    hear(`it could not be started: ${error instanceof Error ? error.message : String(error)}`)
    return { why: 'not started', servedMs: 0 }
  }
  care.running = child
  if (care.stopping.signal.aborted) child.kill('SIGKILL')
  change(care, { ...care.snapshot, pid: child.pid })
  const over = new AbortController()
  const watching = watch(care, at, child, over.signal)
  const why = await child.ended
  over.abort()
  care.address = undefined
  care.running = undefined
  return { why, servedMs: await watching }
}

/** Waits until the engine serves, then looks every 15 s; one that hangs in either is killed. Resolves to how long it served. */
async function watch(care: Care, at: Address, child: RunningEngine, signal: AbortSignal): Promise<number> {
  const { clock } = care.deps
  let servedSince: number | undefined
  try {
    if (!(await comesToServe(care, at, signal))) {
      child.kill('SIGKILL')
      return 0
    }
    if (signal.aborted) return 0
    servedSince = clock.monotonicMs()
    care.address = at
    const { restarts, lastExit } = care.snapshot
    change(care, { state: 'serving', pid: child.pid, restarts, ...(lastExit ? { lastExit } : {}), retryAfterMs: 1000 })
    for (let misses = 0; misses < MISSES;) {
      await clock.sleep(WATCH_MS, signal)
      misses = (await isHealthy(care, at)) ? 0 : misses + 1
    }
    care.said.add(`labos: no answer to ${String(MISSES)} health checks in a row`)
    child.kill('SIGKILL')
  } catch {
    // The signal: the process ended by itself.
  }
  return servedSince === undefined ? 0 : Math.max(1, clock.monotonicMs() - servedSince)
}

/** False when it took so long that it will not. */
async function comesToServe(care: Care, at: Address, signal: AbortSignal): Promise<boolean> {
  const { clock } = care.deps
  const since = clock.monotonicMs()
  const limitMs = START_MS + care.what.plan.model.weightsBytes / LOAD_BYTES_PER_MS
  while (!(await isHealthy(care, at))) {
    if (clock.monotonicMs() - since > limitMs) {
      care.said.add(`labos: it did not serve within ${formatDuration(limitMs)}`)
      return false
    }
    await clock.sleep(STARTING_POLL_MS, signal)
  }
  return true
}

async function isHealthy({ deps, what }: Care, at: Address | undefined): Promise<boolean> {
  if (!at) return false
  const answer = await get(
    { dial: () => deps.machine.dial(at.port), path: what.engine.healthPath, timeoutMs: HEALTH_MS },
    deps.clock,
  )
  return answer?.status === 200
}

function change(care: Care, snapshot: EngineSnapshot): void {
  care.snapshot = snapshot
  if (!care.stopping.signal.aborted) care.deps.onChange(snapshot)
}

async function end(child: RunningEngine, clock: Clock): Promise<void> {
  const over = new AbortController()
  child.kill('SIGTERM')
  const insist = clock.sleep(STOP_MS, over.signal).then(
    () => child.kill('SIGKILL'),
    () => undefined,
  )
  await child.ended
  over.abort()
  await insist
}

function processOf(what: Supervised, at: Required<Address>): EngineProcess {
  const made = what.engine.process?.({ ...what, ...at })
  if (!made) throw new Error(`${what.engine.name} is not started by labos`)
  return made
}
