/**
 * The life of the keeper of a lab on a machine: the endpoint here, the connection there, and what is seen through it. The
 * machine ends itself; the keeper ends when it is told to, and some minutes after the machine is gone.
 */
import { startGateway, type Gateway } from '../../connect/gateway/server.js'
import { hasJumped, TICK_MS } from '../../connect/pulse.js'
import { openSession, type Session } from '../../connect/session.js'
import type { Away, Upstream } from '../../connect/upstream.js'
import { vllm } from '../../engines/vllm.js'
import type { MachineLease } from '../../lease/machine-lease.js'
import { later } from '../../lease/seen-lease.js'
import type { Clock, ConnectSsh, Processes, ProcessRef, SshPlace } from '../../ports.js'
import { type RemoteWatch, watchRemote } from '../../serve/remote/watch.js'
import type { Paths } from '../../state/paths.js'
import { readKeeper, readKey, readRentedLab } from '../../state/read.js'
import type { KeeperRecord, RentedLab, Serving } from '../../state/record.js'
import { sshPlace } from '../ssh-place.js'
import { awayFrom } from './away.js'
import { endWithRun } from './end-with-run.js'
import { type KeeperBook, keeperBook } from './book.js'
import { type LeaseWatch, watchLease } from './lease-watch.js'
import { machineEnd } from './machine-end.js'
import { machineNotes } from './machine-notes.js'
import { remoteStatus } from './remote-status.js'
import { silentOf } from './silent.js'

export interface KeepRemoteDeps {
  readonly paths: Paths
  readonly clock: Clock
  readonly processes: Pick<Processes, 'isAlive'>
  readonly self: ProcessRef
  readonly connect: ConnectSsh
  /** 0 to 1. */
  readonly random: () => number
  /** Where the machine is now that was away for a while at that place; rejects with `machine.gone` where it is no more. */
  findAgain(place: SshPlace): Promise<SshPlace | undefined>
  /** Called once, when the endpoint is open. */
  onListening(): void
  /** A line for the keeper's own log. */
  say(line: string): void
}

type Ended = NonNullable<KeeperRecord['ended']>

/** All that one keeper holds. What is made later is absent before. */
interface Held {
  readonly record: RentedLab
  readonly serving: Serving
  readonly deps: KeepRemoteDeps
  readonly stop: AbortController
  kvRepair: KeeperRecord['kvRepair']
  ended?: Ended | undefined
  gateway?: Gateway
  session?: Session
  watch?: RemoteWatch
  lease?: LeaseWatch
}

/** Resolves when nothing of it runs here. Throws `port.taken`, what the record's reading throws, and what `sshPlace` does. */
export async function keepRemote(name: string, deps: KeepRemoteDeps, signal: AbortSignal): Promise<void> {
  const record = readRentedLab(deps.paths, name)
  const key = readKey(deps.paths, name)
  const { port, serving } = record ?? {}
  if (!record || port === undefined || !serving || key === undefined) throw new Error(`the lab "${name}" is not set up`)
  const place = sshPlace(record, deps.paths)
  const { kvRepair } = readKeeper(deps.paths, name) ?? {}
  const held: Held = { record, serving, deps, stop: new AbortController(), kvRepair }
  // The door opens before anything else: a port that is taken is known first.
  const gateway = await startGateway(gatewayOptions(held, port, key), gatewayDeps(held))
  held.gateway = gateway
  const book = keeperBook({ name, port }, deps, kvRepair ? { kvRepair } : {})
  await book.write({})
  deps.onListening()
  const { session, watch, lease } = connected(held, gateway, place, book)
  const ended = await waitForEnd(held, AbortSignal.any([signal, held.stop.signal]))
  await gateway.close()
  await Promise.all([watch.stop(), lease.stop(), session.close()])
  await book.write({ ended })
  deps.say(`ended: ${ended.detail}`)
}

const gatewayOptions = (held: Held, port: number, key: string): Parameters<typeof startGateway>[0] => {
  const { model } = held.record.plan
  const [first = model.id, ...others] = model.servedNames
  const names: [string, ...string[]] = [first, ...others, model.repo]
  return {
    port,
    key,
    contextTokens: () => held.kvRepair?.toTokens ?? held.serving.contextTokens,
    served: {
      names: names.map((each) => each.toLowerCase()) as [string, ...string[]],
      title: model.title,
      fim: held.serving.fim,
      nativeSuffix: vllm.suffix === 'native',
      engineName: first,
    },
  }
}

const gatewayDeps = (held: Held): Parameters<typeof startGateway>[1] => ({
  clock: held.deps.clock,
  upstream: () => upstreamOf(held),
  isHealthy: () => held.watch?.isHealthy() ?? Promise.resolve(false),
  status: () => statusOf(held),
  stop: () => held.stop.abort(),
})

/** Everything that goes through the connection; who is told of a change is made before who tells. */
function connected(
  held: Held,
  gateway: Gateway,
  place: SshPlace,
  book: KeeperBook,
): Required<Pick<Held, 'session' | 'watch' | 'lease'>> {
  const { deps, serving } = held
  let now = place
  const session = openSession(place, {
    clock: deps.clock,
    connect: deps.connect,
    random: deps.random,
    isWaiting: () => gateway.activity().inFlight > 0,
    findAgain: async () => {
      const found = await deps.findAgain(now)
      now = found ?? now
      return found
    },
    onState: ({ state, reason }) => {
      deps.say(`path ${state}${reason === undefined ? '' : `: ${reason}`}`)
      held.watch?.look()
      held.lease?.look()
    },
  })
  const watch = watchRemote(
    {
      engine: vllm,
      home: serving.home,
      scope: serving.scope,
      port: serving.enginePort,
      planned: { weightsGiB: serving.plannedWeightsGiB, kvTokens: serving.plannedKvTokens },
      isRepaired: held.kvRepair !== undefined,
    },
    {
      clock: deps.clock,
      path: session,
      onChange: ({ state, detail = '' }) => {
        deps.say(`engine ${state}${detail === '' ? '' : `: ${detail}`}`)
        if (state === 'serving') held.lease?.look() // another end holds from now on
      },
      onDrift: (drift) => {
        for (const { text } of drift) deps.say(text)
      },
      onRepair: (repair) => {
        held.kvRepair = { at: new Date(deps.clock.now()).toISOString(), ...repair }
        deps.say(repair.text)
        book.write({ kvRepair: held.kvRepair }).catch((error: unknown) => {
          deps.say(`keeper.json was not written: ${String(error)}`)
        })
      },
    },
  )
  const lease = watchLease(serving.home, { clock: deps.clock, path: session })
  Object.assign(held, { session, watch, lease })
  return { session, watch, lease }
}

function upstreamOf({ watch, session, ended }: Held): Upstream | Away {
  if (ended) return { state: 'ended', reason: ended.detail, retryAfterMs: 60_000 }
  const address = watch?.address()
  if (!watch || !session || !address) {
    session?.wake()
    return awayFrom(watch?.snapshot())
  }
  return {
    state: 'serving',
    dial: () => {
      const stream = session.dial(address.port)
      stream.once('error', () => watch.look())
      return stream
    },
    ...(address.key === undefined ? {} : { key: address.key }),
  }
}

async function statusOf(held: Held): Promise<unknown> {
  const { record, serving, gateway, session, watch, ended, kvRepair, deps } = held
  if (!gateway || !session || !watch) throw new Error('the keeper is not ready yet')
  return remoteStatus({
    ...{ record, serving, gateway, watch, ended, kvRepair },
    path: session,
    lease: leaseNow(held),
    clock: deps.clock,
  })
}

function leaseNow({ lease, gateway }: Held): MachineLease | undefined {
  const read = lease?.read()
  return read && later(read.lease, read.ageMs / 1000, gateway?.activity().inFlight ?? 0)
}

/** Of a machine that is gone, the endpoint says so for a while before it closes. */
const LINGER_MS = 10 * 60_000

/** Resolves with the reason when somebody says so, or the machine has been gone for a while. Looks every two seconds: clocks jump. */
async function waitForEnd(held: Held, signal: AbortSignal): Promise<Ended> {
  const { clock, say } = held.deps
  const { name, plan } = held.record
  const told = new Set<string>()
  const sayOnce = (text: string, about = text): void => {
    if (!told.has(about)) say(text)
    told.add(about)
  }
  for (;;) {
    const atMs = clock.now()
    if (signal.aborted)
      return {
        at: new Date(atMs).toISOString(),
        reason: 'stopped',
        detail: 'it was ended with `labos down` or a signal',
      }
    noteEnd(held, atMs)
    if (held.ended && atMs - Date.parse(held.ended.at) > LINGER_MS) return held.ended
    const over = await endNow(held, atMs, sayOnce, signal)
    if (over) return over
    const lease = held.ended ? undefined : leaseNow(held)
    const silent = held.session && !held.ended ? silentOf(held.record, held.session.state(), atMs) : undefined
    for (const { about, text } of machineNotes({ name, ttlMs: plan.lease.ttlMs, lease, drift: [], silent }))
      sayOnce(text, about)
    await clock.sleep(TICK_MS, signal).catch(() => undefined)
    if (!hasJumped(clock, atMs)) continue
    say('this computer slept, or the keeper was stopped: looking at everything anew')
    held.watch?.look()
    held.lease?.look()
  }
}

/** Where the command that the lab is for was killed. */
async function endNow(
  { record, session, serving, deps: { processes } }: Held,
  atMs: number,
  say: (line: string) => void,
  signal: AbortSignal,
): Promise<Ended | undefined> {
  if (!session) return undefined
  return endWithRun(record, { session, serving, processes, say, at: new Date(atMs).toISOString() }, signal)
}

/** A machine that is found again after all has not ended. */
function noteEnd(held: Held, nowMs: number): void {
  const { session, record, ended, deps } = held
  if (!session) return
  const path = session.state()
  const isLate = path.state !== 'connected' && nowMs >= Date.parse(record.expiresAt ?? '')
  const expiresAt = isLate ? expiryNow(held) : record.expiresAt
  const now = machineEnd({ path, lease: leaseNow(held), expiresAt, nowMs })
  if (now && !ended) deps.say(`its machine has ended: ${now.detail}`)
  held.ended = now && ended ? ended : now
}

/** `labos extend` may have moved the deadline since. */
function expiryNow({ record, deps }: Held): string | undefined {
  try {
    return (readRentedLab(deps.paths, record.name) ?? record).expiresAt
  } catch {
    return record.expiresAt // what is wrong with the record is said by who changes it
  }
}
