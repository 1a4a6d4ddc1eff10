/**
 * The real gateway on the real SSH session, in a process of its own. Told on IPC where to log in and the engine's port; says its own
 * port, and what it holds whenever it is asked.
 */
import { createServer } from 'node:net'
import { connectSsh } from '../build/src/adapters/ssh/machine.js'
import { systemClock } from '../build/src/adapters/system-clock.js'
import { channelPool } from '../build/src/connect/channel-pool.js'
import { startGateway } from '../build/src/connect/gateway/server.js'
import { openSession } from '../build/src/connect/session.js'

/** @typedef {import('../src/connect/session.js').Session} Session */
/** @typedef {import('../src/connect/channel-pool.js').ChannelPool} ChannelPool */

const SPARES = 4

process.once('message', ({ place, engine }) => {
  const probe = createServer().listen(0, '127.0.0.1', () => {
    const { port } = probe.address()
    probe.close(() => void start(place, engine, port))
  })
})

/** @param {import('../src/ports.js').SshPlace} place @param {number} engine @param {number} port */
async function start(place, engine, port) {
  const served = { names: ['bench'], engineName: 'bench', title: 'bench', fim: null, nativeSuffix: false }
  /** @type {{gateway?: import('../src/connect/gateway/server.js').Gateway}} */
  const door = {}
  const session = openSession(place, {
    clock: systemClock,
    connect: connectSsh,
    random: Math.random,
    isWaiting: () => (door.gateway?.activity().inFlight ?? 0) > 0,
    onState: ({ state }) => state === 'connected' && pool.fill(),
  })
  const pool = channelPool(() => session.dial(engine), SPARES)
  door.gateway = await startGateway(
    { port, key: 'key', served, contextTokens: 1000 },
    {
      clock: systemClock,
      upstream: () => upstreamOf(session, pool),
      isHealthy: async () => true,
      status: async () => ({}),
      stop: () => undefined,
    },
  )
  while (!session.machine()) await systemClock.sleep(20)
  process.on('message', () => process.send?.(held()))
  process.send?.({ port })
}

/** @param {Session} session @param {ChannelPool} pool */
function upstreamOf(session, pool) {
  const { state, reason = 'the machine is away', retryAfterMs } = session.state()
  if (state === 'connected') return { state: 'serving', dial: pool.dial }
  session.wake()
  return { state: 'unresponsive', reason, retryAfterMs }
}

/** What is left when all that can go is gone. */
function held() {
  Reflect.get(globalThis, 'gc')?.()
  const sockets = process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap').length
  const { heapUsed, external, rss } = process.memoryUsage()
  return { sockets, heapBytes: heapUsed + external, rssBytes: rss }
}

process.on('disconnect', () => process.exit(0))
