/** All that is known of an engine on a machine while it is watched. */
import type { Engine } from '../../engines/engine.js'
import type { Clock, RemoteMachine } from '../../ports.js'
import type { Drift, PlannedUse } from '../drift.js'
import type { KvRepair } from '../kv-repair.js'
import type { EngineSnapshot } from '../supervisor.js'
import type { OnMachine } from './on-machine.js'
import { failedPhase, noPhases, type PhaseBook, type PhaseName, withPhaseLine } from './phases.js'
import { type Failure, type Health, type PathNow, remoteState } from './state.js'

/** The connection to the machine, as its keeper holds it. */
export interface MachinePath {
  /** Undefined while there is no connection. */
  machine(): RemoteMachine | undefined
  state(): PathNow
}

export interface Watched extends OnMachine {
  readonly engine: Engine
  /** On the machine's own loopback. */
  readonly port: number
  readonly planned: PlannedUse
  /** The context was shortened before: that is done once. */
  readonly isRepaired: boolean
}

export interface RemoteDeps {
  readonly clock: Clock
  readonly path: MachinePath
  /** Another state, or another reason for it. */
  onChange(snapshot: EngineSnapshot): void
  /** The context was too long for the GPU, and all is started again with a shorter one. */
  onRepair(repair: KvRepair): void
  onDrift(drift: readonly Drift[]): void
}

export interface Care {
  readonly what: Watched
  readonly deps: RemoteDeps
  readonly stopping: AbortController
  /** Ends the nap under way. */
  alarm: AbortController
  /** Something changed since the last nap: the next one is none. */
  isAlarmed: boolean
  told: EngineSnapshot
  book: PhaseBook
  /** When the last line of the phases came. */
  heardMs: number
  key?: string | undefined
  health?: Health | undefined
  misses: number
  hasServed: boolean
  /** As in `RemoteFacts`. */
  isUp: boolean
  /** When it answered last; before that, when the watch began. */
  wellMs: number
  failure?: Failure | undefined
  /** The run of the set-up whose failure was looked into. */
  lookedInto: number
  isRepaired: boolean
  lastWords?: string | undefined
  /** When systemd was asked of it last. */
  unitMs: number
  isMeasured: boolean
  drift: readonly Drift[]
  restarts: number
  lastExit?: { readonly at: string; readonly why: string }
}

export const newCare = (what: Watched, deps: RemoteDeps): Care => ({
  what,
  deps,
  stopping: new AbortController(),
  alarm: new AbortController(),
  isAlarmed: false,
  told: { state: 'starting', restarts: 0, retryAfterMs: 1000 },
  book: noPhases,
  heardMs: 0,
  misses: 0,
  hasServed: false,
  isUp: false,
  wellMs: deps.clock.monotonicMs(),
  lookedInto: 0,
  isRepaired: what.isRepaired,
  unitMs: 0,
  isMeasured: false,
  drift: [],
  restarts: 0,
})

export function snapshotOf(care: Care): EngineSnapshot {
  const { restarts, lastExit, deps, key } = care
  const state = remoteState({ ...care, path: deps.path.state(), hasKey: key !== undefined })
  return { ...state, restarts, ...(lastExit ? { lastExit } : {}) }
}

/** One more line of the phases. With the next run of the set-up what was known of the engine is over. */
export function hear(care: Care, line: string): void {
  const before = care.book
  care.book = withPhaseLine(before, line)
  care.heardMs = care.deps.clock.monotonicMs()
  if (care.book.boot !== before.boot) {
    care.hasServed = false
    care.isUp = false
    care.failure = undefined
    care.isMeasured = false
  }
  const serve = stateIn(care.book, 'serve')
  if (serve === 'done') care.hasServed = true
  if (serve !== stateIn(before, 'serve') || failedPhase(care.book)) alarm(care)
}

const stateIn = ({ phases }: PhaseBook, phase: PhaseName): string | undefined =>
  phases.find(({ name }) => name === phase)?.state

/** Tells of another state, and of another reason unless it is on its way: that changes all the time. */
export function tell(care: Care): void {
  const now = snapshotOf(care)
  const isNews = now.state !== care.told.state || (now.state !== 'starting' && now.detail !== care.told.detail)
  care.told = now
  if (isNews && !care.stopping.signal.aborted) care.deps.onChange(now)
}

export function alarm(care: Care): void {
  care.isAlarmed = true
  care.alarm.abort()
}

/** Sleeps for so long, or until something changes. */
export async function nap(care: Care, ms: number, signal: AbortSignal): Promise<void> {
  if (!care.isAlarmed) {
    care.alarm = new AbortController()
    const either = AbortSignal.any([care.alarm.signal, signal])
    await care.deps.clock.sleep(ms, either).catch(() => undefined)
  }
  care.isAlarmed = false
}

const MARGIN_SECONDS = 15

/** Since it answered last, and a little before, as journalctl takes a time. */
export const sinceWell = ({ deps, wellMs }: Care): string =>
  `-${String(Math.ceil((deps.clock.monotonicMs() - wellMs) / 1000) + MARGIN_SECONDS)}s`

/** Since the engine was started in this run of the set-up. */
export const sinceServe = (care: Care): string =>
  care.book.serveSince === undefined ? sinceWell(care) : `@${String(care.book.serveSince)}`
