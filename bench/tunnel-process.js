/**
 * The real gateway on the real SSH session, in a process of its own. Told where to log in and the engine's port on IPC; says its
 * port, and what it holds when asked.
 */
import { createServer } from 'node:net'
import { connectSsh } from '../build/src/adapters/ssh/machine.js'
import { systemClock } from '../build/src/adapters/system-clock.js'
import { startGateway } from '../build/src/connect/gateway/server.js'
import { openSession } from '../build/src/connect/session.js'

process.once('message', ({ place, engine }) => {
  const probe = createServer().listen(0, '127.0.0.1', () => {
    const { port } = probe.address()
    probe.close(() => void start(place, engine, port))
  })
})

/** @param {import('../src/ports.js').SshPlace} place @param {number} engine @param {number} port */
async function start(place, engine, port) {
  const served = { names: ['bench'], engineName: 'bench', title: 'bench', fim: null, nativeSuffix: false }
  /** @type {{open?: import('../src/connect/gateway/server.js').Gateway}} */
  const gate = {}
  const session = openSession(place, {
    clock: systemClock,
    connect: connectSsh,
    random: Math.random,
    isWaiting: () => gate.open?.activity().inFlight > 0,
    onState: (s) => console.error(s),
  })
  gate.open = await startGateway(
    { port, key: 'key', served, contextTokens: 1000 },
    {
      clock: systemClock,
      upstream: () => upstreamOf(session, engine),
      isHealthy: async () => true,
      status: async () => ({}),
      stop: () => undefined,
    },
  )
  while (!session.machine()) await systemClock.sleep(20)
  process.send?.({ port })
  process.on('message', () =>
    process.send?.({ memory: process.memoryUsage(), handles: process.getActiveResourcesInfo() }),
  )
}

/** @param {import('../src/connect/session.js').Session} session @param {number} engine */
function upstreamOf(session, engine) {
  const { state, reason = 'the machine is away', retryAfterMs } = session.state()
  if (state === 'connected') return { state: 'serving', dial: () => session.dial(engine) }
  session.wake()
  return { state: 'unresponsive', reason, retryAfterMs }
}

process.on('disconnect', () => process.exit(0))
