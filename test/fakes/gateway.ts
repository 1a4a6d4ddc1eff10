/** A real gateway on a free port before an engine whose every byte the test decides. */
import { createServer, request, type IncomingMessage, type RequestListener } from 'node:http'
import { connect, type AddressInfo } from 'node:net'
import { systemClock } from '../../src/adapters/system-clock.js'
import { systemPorts } from '../../src/adapters/ports.js'
import { startGateway, type Gateway } from '../../src/connect/gateway/server.js'
import type { Away, Upstream } from '../../src/connect/upstream.js'

export const LAB_KEY = 'sk-lab'

export interface GatewayBench {
  readonly port: number
  readonly gateway: Gateway
  /** What the engine does with a request; its body is not read for it. */
  onRequest: RequestListener
  /** Where the keeper says the engine is. */
  upstream: Upstream | Away
  /** How often `/labos/stop` was asked for. */
  stops: number
  close(): Promise<void>
}

export async function gatewayBench(): Promise<GatewayBench> {
  const engine = createServer((req, res) => bench.onRequest(req, res))
  await new Promise<void>((resolve) => engine.listen(0, '127.0.0.1', resolve))
  const { port: enginePort } = engine.address() as AddressInfo
  const port = await systemPorts(process.platform).free()
  const gateway = await startGateway(
    {
      port,
      key: LAB_KEY,
      contextTokens: () => 4096,
      served: { names: ['coder'], engineName: 'coder.gguf', title: 'Coder', fim: null, nativeSuffix: false },
    },
    {
      clock: systemClock,
      upstream: () => bench.upstream,
      isHealthy: () => Promise.resolve(true),
      status: () => Promise.resolve({ fine: true }),
      stop: () => (bench.stops += 1),
    },
  )
  const bench: GatewayBench = {
    port,
    gateway,
    onRequest: (req, res) => void req.resume().on('end', () => res.end('{}')),
    upstream: { state: 'serving', key: 'sk-engine', dial: () => connect(enginePort, '127.0.0.1') },
    stops: 0,
    close: async () => {
      await gateway.close()
      engine.closeAllConnections()
      await new Promise((resolve) => engine.close(resolve))
    },
  }
  return bench
}

export interface Question {
  readonly method?: string
  readonly path: string
  readonly headers?: Record<string, string>
  readonly body?: string | Buffer
}

/** Asks with the lab's key and resolves with the answer's head. */
export const ask = (port: number, { method = 'POST', path, headers = {}, body }: Question): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    const key = { authorization: `Bearer ${LAB_KEY}` }
    request({ port, host: '127.0.0.1', agent: false, method, path, headers: { ...key, ...headers } }, resolve)
      .on('error', reject)
      .end(body)
  })

export async function textOf(answer: IncomingMessage): Promise<string> {
  return Buffer.concat((await answer.toArray()) as Buffer[]).toString('utf8')
}

/** What a gateway says to these bytes before it hangs up. */
export const rawAnswer = (port: number, head: readonly string[]): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1')
    let answer = ''
    socket.setEncoding('utf8')
    socket.on('data', (piece: string) => (answer += piece))
    socket.on('error', reject)
    socket.on('end', () => resolve(answer))
    socket.write([...head, '', ''].join('\r\n'))
  })
