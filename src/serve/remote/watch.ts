/** Watches an engine that systemd of another machine starts and starts again: over SSH, through whatever the path does. */
import type { RemoteMachine } from '../../ports.js'
import { formatDuration } from '../../ui/format.js'
import type { Drift } from '../drift.js'
import type { EngineSnapshot, Supervisor } from '../supervisor.js'
import { alarm, type Care, hear, nap, newCare, type RemoteDeps, snapshotOf, tell, type Watched } from './care.js'
import { lineFollower } from './follow-lines.js'
import { failedPhase, isWholeLine, type Phase } from './phases.js'
import { askHealth, HEALTH_MS, SETTLED_MS, tend } from './tend.js'

export interface RemoteWatch extends Supervisor {
  phases(): readonly Phase[]
  /** In what the machine is further off the plan than 15 %. */
  drift(): readonly Drift[]
  /** Something changed, the path or how the engine answers: looks now. */
  look(): void
  /** How it is; asked now where it is said to serve. */
  check(timeoutMs: number): Promise<EngineSnapshot>
}

const SERVING_POLL_MS = 5000
const STARTING_POLL_MS = 1000
const SETTING_UP_POLL_MS = 15_000
const AWAY_MS = 30_000
const FOLLOW_AGAIN_MS = 2000
/** An answer of so long ago still counts where another does not come in time: it was asked in the round before. */
const RECENT_MS = SERVING_POLL_MS + 1000

/** Begins at once; look at `snapshot()` for how it goes. `stop` ends the watching alone: the machine goes on. */
export function watchRemote(what: Watched, deps: RemoteDeps): RemoteWatch {
  const care = newCare(what, deps)
  const done = watch(care)
  return {
    snapshot: () => snapshotOf(care),
    address: () => addressOf(care),
    isHealthy: async () => (await check(care, HEALTH_MS)).state === 'serving',
    check: (timeoutMs) => check(care, timeoutMs),
    phases: () => care.book.phases,
    drift: () => care.drift,
    look: () => alarm(care),
    stop: async () => {
      care.stopping.abort()
      await done
    },
  }
}

function addressOf(care: Care): ReturnType<Supervisor['address']> {
  const { key, what } = care
  return key !== undefined && snapshotOf(care).state === 'serving' ? { port: what.port, key } : undefined
}

type Follow = ReturnType<typeof lineFollower>

/** One connection after the other, until it is stopped. */
async function watch(care: Care): Promise<void> {
  const { what, deps, stopping } = care
  const path = `${what.home}/phases.ndjson`
  const follow = lineFollower({ path, isWhole: isWholeLine, onLine: (line) => hear(care, line) })
  let last: RemoteMachine | undefined
  while (!stopping.signal.aborted) {
    const machine = deps.path.machine()
    tell(care)
    if (machine && machine !== last) await overConnection(care, machine, follow)
    else await nap(care, AWAY_MS, stopping.signal)
    last = machine
  }
}

async function overConnection(care: Care, machine: RemoteMachine, follow: Follow): Promise<void> {
  const over = new AbortController()
  void machine.closed.then(() => over.abort())
  const signal = AbortSignal.any([over.signal, care.stopping.signal])
  care.health = undefined
  care.misses = 0
  const following = keepFollowing(care, machine, follow, signal)
  while (!signal.aborted) {
    // What is asked of the machine may end with its connection: the next one goes on.
    await tend(care, machine, signal).catch(() => undefined)
    tell(care)
    await nap(care, pollMs(care), signal)
  }
  await following
}

async function keepFollowing(
  { deps: { clock } }: Care,
  machine: RemoteMachine,
  follow: Follow,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    await follow(machine, signal).catch(() => undefined)
    await clock.sleep(FOLLOW_AGAIN_MS, signal).catch(() => undefined)
  }
}

function pollMs(care: Care): number {
  const { state } = snapshotOf(care)
  if (state === 'serving') return SERVING_POLL_MS
  if (failedPhase(care.book) && care.lookedInto !== care.book.boot) return SETTLED_MS
  const isClose = state === 'restarting' || care.book.phases.some(({ name }) => name === 'serve')
  return isClose && state !== 'failed' ? STARTING_POLL_MS : SETTING_UP_POLL_MS
}

async function check(care: Care, timeoutMs: number): Promise<EngineSnapshot> {
  const before = snapshotOf(care)
  const { clock, path } = care.deps
  const machine = path.machine()
  if (before.state !== 'serving' || !machine) return before
  const health = await askHealth(care, machine, timeoutMs)
  const sinceMs = clock.monotonicMs() - care.wellMs
  if (health === 'well' || (health === 'silent' && sinceMs < RECENT_MS)) return snapshotOf(care)
  if (health !== 'silent') alarm(care)
  return health === 'silent'
    ? { ...before, state: 'unresponsive', detail: `nothing was heard of it for ${formatDuration(sinceMs)}` }
    : { ...before, state: 'restarting', detail: 'The engine ended a moment ago.', retryAfterMs: 2000 }
}
