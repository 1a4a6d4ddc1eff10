/** The real gateway in a process of its own, before the stand-in engine whose port is argv[2]. Says its port on IPC. */
import { connect, createServer } from 'node:net'
import { systemClock } from '../build/src/adapters/system-clock.js'
import { startGateway } from '../build/src/connect/gateway/server.js'

const engine = Number(process.argv[2])
const probe = createServer().listen(0, '127.0.0.1', () => {
  const { port } = probe.address()
  probe.close(() => void start(port))
})

/** @param {number} port */
async function start(port) {
  const served = { names: ['bench'], engineName: 'bench', title: 'bench', fim: null, nativeSuffix: false }
  const dial = () => connect({ port: engine, host: '127.0.0.1', noDelay: true })
  await startGateway(
    { port, key: 'key', served, contextTokens: () => 1000 },
    {
      clock: systemClock,
      upstream: () => ({ state: 'serving', dial }),
      isHealthy: async () => true,
      status: async () => ({}),
      stop: () => undefined,
    },
  )
  process.send?.({ port })
}

process.on('disconnect', () => process.exit(0))
