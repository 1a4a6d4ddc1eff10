/** The life of a local lab's keeper: open the gateway, look after the engine, end when the lease or somebody says so. */
import type { Duplex } from 'node:stream'
import { startGateway, type Gateway } from '../../connect/gateway/server.js'
import type { Away, Upstream } from '../../connect/upstream.js'
import type { Engine, EngineProcess } from '../../engines/engine.js'
import { engineNamed } from '../../engines/engines.js'
import { leaseState, type LeaseState } from '../../lease/rules.js'
import type { Clock, Machine, Ports, ProcessRef, Processes } from '../../ports.js'
import { tokenCounters } from '../../serve/counters.js'
import { watchExternal } from '../../serve/external.js'
import { get } from '../../serve/health.js'
import {
  superviseEngine,
  type EngineSnapshot,
  type RunningEngine,
  type Supervised,
  type Supervisor,
} from '../../serve/supervisor.js'
import { logFile } from '../../state/log-file.js'
import { labPaths, type Paths } from '../../state/paths.js'
import { readKey, readLocalLab } from '../../state/read.js'
import type { KeeperRecord, LocalLab } from '../../state/record.js'
import { formatDuration } from '../../ui/format.js'
import type { KeeperStatus } from '../keeper-status.js'
import { type KeeperBook, keeperBook } from './book.js'
import { awayFrom } from './away.js'
import { recordNow } from './record-now.js'
import { forgetOrphan, isOrphan } from '../run/orphan.js'

export interface KeepDeps {
  readonly paths: Paths
  readonly clock: Clock
  readonly processes: Processes
  readonly ports: Pick<Ports, 'free'>
  readonly machine: Pick<Machine, 'dial'>
  readonly self: ProcessRef
  /** Where the user's Ollama listens. */
  readonly ollamaPort: number
  spawn(process: EngineProcess, onLine: (line: string) => void): Promise<RunningEngine>
  /** Called once, when the endpoint is open. */
  onListening(): void
  /** A line for the keeper's own log. */
  say(line: string): void
}

interface Care {
  readonly startedAtMs: number
  /** When the engine could first be asked, or did not start: the first load is not idle. */
  readySinceMs?: number
  supervisor?: Supervisor
}

type Ended = NonNullable<KeeperRecord['ended']>

const TICK_MS = 30_000
/** How soon it is seen that the `labos run` of a lab is gone, or that another end holds from now on. */
const SOON_MS = 3000

/** Resolves when the lab has ended and nothing of it runs. Throws `port.taken` and what the record's reading throws. */
export async function keep(name: string, deps: KeepDeps, signal: AbortSignal): Promise<void> {
  const record = readLocalLab(deps.paths, name)
  const key = readKey(deps.paths, name)
  if (!record?.laboratory || key === undefined) throw new Error(`the lab "${name}" is not set up`)
  const stop = new AbortController()
  const until = AbortSignal.any([signal, stop.signal])
  const startedAtMs = deps.clock.now()
  const engine = engineNamed(record.plan.engine)
  // The door opens before the engine starts: a port that is taken is known first.
  const care: Care = { startedAtMs }
  const gateway = await startGateway(gatewayOptions(record, engine, key), {
    clock: deps.clock,
    upstream: () => upstreamOf(care.supervisor, deps.machine),
    isHealthy: () => care.supervisor?.isHealthy() ?? Promise.resolve(false),
    status: () => statusOf({ record, engine, gateway, care, deps }),
    stop: () => stop.abort(),
  })
  const book = keeperBook({ name, port: record.plan.port }, deps)
  await book.write({}).catch(async (error: unknown) => {
    await gateway.close()
    throw error
  })
  deps.onListening()
  const log = logFile(labPaths(deps.paths, name).engineLog)
  const supervisor = lookAfter(
    { engine, plan: record.plan, home: record.laboratory.engineHome, weightsPath: record.laboratory.weightsPath },
    deps,
    (line) => log.line(line),
    engineNoter(book, care, deps),
  )
  care.supervisor = supervisor
  const ended = await waitForEnd({ record, gateway, care, deps }, until)
  const failure = supervisor.snapshot()
  await gateway.close()
  await supervisor.stop()
  await log.flush()
  await book.write({
    ended:
      failure.state === 'failed'
        ? { ...ended, reason: 'failed', detail: failure.detail ?? 'the engine was given up' }
        : ended,
  })
  deps.say(`ended: ${ended.detail}`)
  if (record.runner)
    await forgetOrphan(deps.paths, name, deps).catch((error: unknown) => deps.say(`not removed: ${String(error)}`))
}

const gatewayOptions = ({ plan }: LocalLab, engine: Engine, key: string): Parameters<typeof startGateway>[0] => {
  const [first = plan.model.id, ...others] = plan.model.servedNames
  const names: [string, ...string[]] = [first, ...others]
  return {
    port: plan.port,
    key,
    contextTokens: () => plan.contextTokens,
    served: {
      names,
      title: plan.model.title,
      fim: plan.model.fim,
      nativeSuffix: engine.suffix === 'native',
      engineName: plan.weights.kind === 'ollama' ? plan.weights.tag : first,
    },
  }
}

function lookAfter(
  what: Supervised,
  deps: KeepDeps,
  log: (line: string) => void,
  onChange: (snapshot: EngineSnapshot) => void,
): Supervisor {
  const shared = { clock: deps.clock, machine: deps.machine, onChange }
  if (what.engine.life === 'external') return watchExternal(what, deps.ollamaPort, shared)
  return superviseEngine(what, {
    ...shared,
    ports: deps.ports,
    log,
    spawn: (process, onLine) => deps.spawn(process, onLine),
  })
}

function upstreamOf(supervisor: Supervisor | undefined, machine: Pick<Machine, 'dial'>): Upstream | Away {
  const address = supervisor?.address()
  if (address)
    return {
      state: 'serving',
      dial: () => machine.dial(address.port),
      ...(address.key === undefined ? {} : { key: address.key }),
    }
  return awayFrom(supervisor?.snapshot())
}

interface Looked {
  readonly record: LocalLab
  readonly engine: Engine
  readonly gateway: Gateway
  readonly care: Care
  readonly deps: KeepDeps
}

/** Looks at everything now: what was true a moment ago is not said. */
async function statusOf(looked: Looked): Promise<KeeperStatus> {
  const { record, engine, gateway, care, deps } = looked
  const { supervisor } = care
  const now = supervisor?.snapshot() ?? { state: 'starting' as const, restarts: 0, retryAfterMs: 0 }
  const { retryAfterMs: _, ...snapshot } = now
  const answers = snapshot.state !== 'serving' || ((await supervisor?.isHealthy()) ?? false)
  const tokens = await tokensOf(engine, supervisor, deps)
  const { inFlight, requests } = gateway.activity()
  return {
    labId: record.id,
    engine: answers
      ? snapshot
      : { ...snapshot, state: 'unresponsive', detail: 'the engine does not answer its health check' },
    activity: { inFlight, requests },
    ...(tokens ? { tokens } : {}),
    lease: leaseJson(leaseNow(looked)),
  }
}

/** The engine's own counters; undefined while it runs nowhere, keeps none, or does not answer. */
async function tokensOf(
  engine: Engine,
  supervisor: Supervisor | undefined,
  deps: KeepDeps,
): Promise<KeeperStatus['tokens']> {
  const address = supervisor?.address()
  if (!address || !engine.metrics) return undefined
  const { port, key } = address
  const dial = (): Duplex => deps.machine.dial(port)
  const metrics = await get(
    { dial, path: '/metrics', timeoutMs: 1000, ...(key === undefined ? {} : { key }) },
    deps.clock,
  )
  return metrics?.status === 200 ? tokenCounters(engine.metrics, metrics.body) : undefined
}

const leaseNow = ({ record, gateway, care, deps }: Omit<Looked, 'engine'>): LeaseState =>
  leaseState(record.plan.lease, {
    sinceMs: care.startedAtMs,
    ...(care.readySinceMs === undefined ? {} : { readySinceMs: care.readySinceMs }),
    nowMs: deps.clock.now(),
    ...gateway.activity(),
  })

const leaseJson = ({ endsAtMs, endsBy, idleForMs, warn }: LeaseState): KeeperStatus['lease'] => ({
  idleForMs,
  warn,
  ...(endsAtMs === undefined ? {} : { endsAt: new Date(endsAtMs).toISOString() }),
  ...(endsBy === undefined ? {} : { endsBy }),
})

/** Resolves with the reason when the lease is over or the signal aborts. Looks at least every half minute: clocks jump. */
async function waitForEnd(looked: Omit<Looked, 'engine'>, signal: AbortSignal): Promise<Ended> {
  const { care, deps } = looked
  const { clock, say, processes, paths } = deps
  let warned = false
  for (;;) {
    const record = recordNow(looked.record, () => readLocalLab(paths, looked.record.name))
    const lease = leaseNow(looked)
    const at = new Date(clock.now()).toISOString()
    if (signal.aborted) return { at, reason: 'stopped', detail: 'it was ended with `labos down` or a signal' }
    if (!record) return { at, reason: 'stopped', detail: 'its lab was removed' }
    if (lease.over) return { at, reason: lease.over, detail: overText(lease, record) }
    if (await isOrphan(record, processes)) return { at, reason: 'runner', detail: 'the `labos run` it was for is gone' }
    if (lease.warn && !warned)
      say(`ends soon, at ${new Date(lease.endsAtMs ?? 0).toISOString()} (${lease.endsBy ?? 'lease'})`)
    warned = lease.warn
    const tickMs = record.runner || care.readySinceMs === undefined ? SOON_MS : TICK_MS
    await clock
      .sleep(Math.min(tickMs, Math.max(1, (lease.endsAtMs ?? Infinity) - clock.now())), signal)
      .catch(() => undefined)
  }
}

const overText = ({ over, idleForMs }: LeaseState, { plan }: LocalLab): string =>
  over === 'idle'
    ? `nothing was asked for ${formatDuration(idleForMs)} (--idle)`
    : `its time was over (--ttl ${formatDuration(plan.lease.ttlMs ?? 0)})`

/** Says what became of the engine, and writes down its process. */
function engineNoter(book: KeeperBook, care: Care, deps: KeepDeps): (snapshot: EngineSnapshot) => void {
  let lastPid: number | undefined
  const note = async (pid: number): Promise<void> => {
    const engine = await deps.processes.find(pid)
    if (engine) await book.write({ engine })
  }
  return ({ state, detail, pid }) => {
    deps.say(`engine ${state}${detail === undefined || detail === '' ? '' : `: ${detail}`}`)
    if (state !== 'starting') care.readySinceMs ??= deps.clock.now()
    if (pid === undefined || pid === lastPid) return
    lastPid = pid
    note(pid).catch((error: unknown) => deps.say(`keeper.json was not written: ${String(error)}`))
  }
}
