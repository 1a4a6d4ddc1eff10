/**
 * The life of the keeper of a lab on a machine: the endpoint here, the connection there, and what is seen through it. The
 * machine ends itself; the keeper ends when it is told to, and some minutes after the machine is gone.
 */
import { channelPool, type ChannelPool } from '../../connect/channel-pool.js'
import { startGateway, type Gateway } from '../../connect/gateway/server.js'
import { openSession, type Session } from '../../connect/session.js'
import type { Away, Upstream } from '../../connect/upstream.js'
import { vllm } from '../../engines/vllm.js'
import type { SshPlace } from '../../ports.js'
import { type RemoteWatch, watchRemote } from '../../serve/remote/watch.js'
import { readKeeper, readKey, readMachineLab } from '../../state/read.js'
import { isOrphan } from '../run/orphan.js'
import { sshPlace } from '../ssh-place.js'
import { awaitEnd } from './await-end.js'
import { awayFrom } from './away.js'
import { type KeeperBook, keeperBook } from './book.js'
import { type Ended, type Held, type KeepRemoteDeps, leaseNow, machineLabNow } from './held.js'
import { type ForWhom, watchLease } from './lease-watch.js'
import { remoteStatus } from './remote-status.js'

/** Connections to the engine that wait for a request. */
const OPEN_AHEAD = 4

/** Resolves when nothing of it runs here. Throws `port.taken`, what the record's reading throws, and what `sshPlace` does. */
export async function keepRemote(name: string, deps: KeepRemoteDeps, signal: AbortSignal): Promise<void> {
  const record = readMachineLab(deps.paths, name)
  const key = readKey(deps.paths, name)
  const { port = record?.port } = deps
  const serving = record?.serving
  if (!record || port === undefined || !serving || key === undefined) throw new Error(`the lab "${name}" is not set up`)
  const place = sshPlace(record, deps)
  const { kvRepair } = readKeeper(deps.paths, name) ?? {}
  const held: Held = { record, serving, deps, stop: new AbortController(), kvRepair }
  // The door opens before anything else: a port that is taken is known first.
  const gateway = await startGateway(gatewayOptions(held, port, key), gatewayDeps(held))
  held.gateway = gateway
  const book = keeperBook({ name, port }, deps, kvRepair ? { kvRepair } : {})
  // At once: whoever asks is told how it is from the first moment.
  const { session, channels, watch, lease } = connected(held, gateway, place, book)
  let ended: Ended
  try {
    await book.write({})
    deps.onListening()
    ended = await awaitEnd(held, AbortSignal.any([signal, held.stop.signal]))
  } finally {
    await gateway.close()
    channels.close()
    await Promise.all([watch.stop(), lease.stop(), session.close()])
  }
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
  look: async () => held.lease?.look(),
})

/** Everything that goes through the connection; who is told of a change is made before who tells. */
function connected(
  held: Held,
  gateway: Gateway,
  place: SshPlace,
  book: KeeperBook,
): Required<Pick<Held, 'session' | 'channels' | 'watch' | 'lease'>> {
  const { deps, serving } = held
  let told = ''
  const session = openSession(place, {
    clock: deps.clock,
    connect: deps.connect,
    random: deps.random,
    isWaiting: () => gateway.activity().inFlight > 0,
    findAgain: (place) => deps.findAgain(place),
    onState: ({ state, reason }) => {
      const news = `path ${state}${reason === undefined ? '' : `: ${reason}`}`
      if (news !== told) deps.say(news)
      told = news
      held.watch?.look()
      void held.lease?.look()
    },
  })
  const channels = channelPool(() => session.dial(serving.enginePort), OPEN_AHEAD)
  const watch = engineWatch(held, session, channels, book)
  const isServing = (): boolean => watch.snapshot().state === 'serving'
  const lease = watchLease(serving, {
    clock: deps.clock,
    path: session,
    isServing,
    isFor: () => forWhom(held),
    say: (line) => deps.say(line),
  })
  Object.assign(held, { session, channels, watch, lease })
  return { session, channels, watch, lease }
}

async function forWhom(held: Held): Promise<ForWhom> {
  const record = machineLabNow(held)
  if (!record) return 'nobody'
  if (!record.runner) return 'user'
  return (await isOrphan(record, held.deps.processes)) ? 'nobody' : 'run'
}

function engineWatch(held: Held, path: Session, channels: ChannelPool, book: KeeperBook): RemoteWatch {
  const { deps, serving } = held
  const what = {
    engine: vllm,
    home: serving.home,
    scope: serving.scope,
    port: serving.enginePort,
    planned: { weightsGiB: serving.plannedWeightsGiB, kvTokens: serving.plannedKvTokens },
    isRepaired: held.kvRepair !== undefined,
  }
  return watchRemote(what, {
    clock: deps.clock,
    path,
    onChange: ({ state, detail = '' }) => {
      deps.say(`engine ${state}${detail === '' ? '' : `: ${detail}`}`)
      if (state !== 'serving') return
      channels.fill()
      void held.lease?.look() // another end holds from now on
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
  })
}

function upstreamOf({ watch, session, channels, ended }: Held): Upstream | Away {
  if (ended) return { state: 'ended', reason: ended.detail, retryAfterMs: 60_000 }
  const address = watch?.address()
  if (!watch || !channels || !address) {
    session?.wake()
    return awayFrom(watch?.snapshot())
  }
  return {
    state: 'serving',
    dial: () => {
      const stream = channels.dial()
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
