/** The watch of an engine on a machine whose path and files a test holds in its hands. */
import { vllm } from '../../src/engines/vllm.js'
import type { RemoteMachine } from '../../src/ports.js'
import type { Drift } from '../../src/serve/drift.js'
import type { KvRepair } from '../../src/serve/kv-repair.js'
import type { PathNow } from '../../src/serve/remote/state.js'
import { type RemoteWatch, watchRemote } from '../../src/serve/remote/watch.js'
import { fakeClock, type FakeClock } from './clock.js'
import { type FakeHost, fakeHost } from './served.js'
import type { FakeConnection } from './ssh.js'

export interface WatchWorld {
  readonly clock: FakeClock
  readonly host: FakeHost
  readonly watch: RemoteWatch
  /** Changes that were told. */
  readonly told: string[]
  readonly repairs: KvRepair[]
  readonly drifts: (readonly Drift[])[]
  connect(): Promise<FakeConnection>
  cut(reason: string): Promise<void>
  fail(code: string): Promise<void>
}

export async function watchWorld(isRepaired = false): Promise<WatchWorld> {
  const clock = fakeClock()
  const host = fakeHost(() => Math.floor(clock.now() / 1000))
  let machine: FakeConnection | undefined
  let path: PathNow = { state: 'connecting', retryAfterMs: 1000 }
  const told: string[] = []
  const repairs: KvRepair[] = []
  const drifts: (readonly Drift[])[] = []
  const watch = watchRemote(
    {
      engine: vllm,
      home: '/var/lib/labos',
      scope: 'system',
      port: 8000,
      planned: { weightsGiB: 29.3, kvTokens: 300_000 },
      isRepaired,
    },
    {
      clock,
      path: { machine: (): RemoteMachine | undefined => machine, state: () => path },
      onChange: ({ state, detail }) => told.push(detail === undefined ? state : `${state}: ${detail}`),
      onRepair: (repair) => repairs.push(repair),
      onDrift: (drift) => drifts.push(drift),
    },
  )
  const change = async (state: PathNow, connection?: FakeConnection): Promise<void> => {
    machine = connection
    path = state
    watch.look()
    await clock.advance(0)
  }
  return {
    ...{ clock, host, watch, told, repairs, drifts },
    connect: async () => {
      const connection = host.connection()
      await change({ state: 'connected', retryAfterMs: 0 }, connection)
      return connection
    },
    cut: async (reason) => {
      machine?.cut(reason)
      await change({ state: 'away', reason, retryAfterMs: 700 })
    },
    fail: (code) => change({ state: 'failed', reason: 'another key', code, retryAfterMs: 60_000 }),
  }
}

/** A machine on which everything is done and the engine answers. */
export async function servingWorld(): Promise<WatchWorld> {
  const it = await watchWorld()
  it.host.engine = 200
  it.host.phase({ phase: 'serve', state: 'running' })
  it.host.phase({ phase: 'serve', state: 'done' })
  await it.connect()
  return it
}
