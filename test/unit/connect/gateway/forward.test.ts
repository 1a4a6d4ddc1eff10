import { createServer, get, request, type RequestListener, type Server } from 'node:http'
import {
  connect,
  createServer as createTcpServer,
  type AddressInfo,
  type Server as TcpServer,
  type Socket,
} from 'node:net'
import { Duplex } from 'node:stream'
import { afterEach, expect, it } from 'vitest'
import { engineAgent, forward } from '../../../../src/connect/gateway/forward.js'

const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})

async function listen(server: Server | TcpServer): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closers.push(() => new Promise((resolve) => server.close(resolve)))
  return (server.address() as AddressInfo).port
}

/** An engine that answers `answers` requests on each connection, then closes it as the next one comes. */
async function forgetfulEngine(answers: number): Promise<{ port: number; connections: () => number }> {
  const sockets = new Set<Socket>()
  let connections = 0
  const server = createTcpServer((socket) => {
    connections += 1
    sockets.add(socket)
    let left = answers
    socket.on('error', () => undefined)
    socket.on('data', () => {
      if (left === 0) socket.destroy()
      else socket.write('HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nhere')
      left -= 1
    })
  })
  const port = await listen(server)
  closers.unshift(() => sockets.forEach((socket) => socket.destroy()))
  return { port, connections: () => connections }
}

async function gatewayTo(port: number, dial = (): Duplex => connect(port, '127.0.0.1')): Promise<number> {
  const agent = engineAgent(dial)
  const answer: RequestListener = (req, res) => {
    const pass = (body?: Buffer): Promise<void> =>
      forward(req, res, {
        upstream: { state: 'serving', dial },
        agent,
        ...(body ? { body } : {}),
        extraHeaders: {},
        onUnreachable: () => res.writeHead(503).end('away'),
      })
    if (req.method === 'GET') void pass()
    else void req.toArray().then((pieces: Buffer[]) => pass(Buffer.concat(pieces)))
  }
  const gateway = await listen(createServer(answer))
  closers.unshift(() => agent.destroy())
  return gateway
}

const ask = (port: number, method: 'GET' | 'POST'): Promise<string> =>
  new Promise((resolve, reject) => {
    const options = { port, host: '127.0.0.1', method, agent: false as const }
    const asked = method === 'GET' ? get(options) : request(options).end('{"prompt":"hello"}')
    asked.on('error', reject).on('response', (answer) => {
      void answer.toArray().then((pieces: Buffer[]) => resolve(`${String(answer.statusCode)} ${pieces.join('')}`))
    })
  })

it.each(['GET', 'POST'] as const)('asks again when the engine has closed a kept connection: %s', async (method) => {
  const engine = await forgetfulEngine(1)
  const gateway = await gatewayTo(engine.port)
  for (let turn = 0; turn < 3; turn += 1) expect(await ask(gateway, method)).toBe('200 here')
  expect(engine.connections()).toBe(3)
})

it('says that the engine is away when a new connection is closed too', async () => {
  const engine = await forgetfulEngine(0)
  expect(await ask(await gatewayTo(engine.port), 'POST')).toBe('503 away')
  expect(engine.connections()).toBe(1)
})

it.each([new Error('cut'), undefined])(
  'says so too where the connection had ended before it was asked for: %s',
  async (error) => {
    const gateway = await gatewayTo(0, () => new Duplex({ read: () => undefined }).destroy(error))
    expect(await ask(gateway, 'POST')).toBe('503 away')
  },
)
