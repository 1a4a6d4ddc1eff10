/** The gateway before an engine whose every byte the test decides. */
import { createHash, randomBytes } from 'node:crypto'
import {
  createServer,
  request,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http'
import { connect, type AddressInfo } from 'node:net'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { systemClock } from '../../src/adapters/system-clock.js'
import { systemPorts } from '../../src/adapters/ports.js'
import { askKeeper } from '../../src/connect/door.js'
import { startGateway, type Gateway } from '../../src/connect/gateway/server.js'
import type { Away } from '../../src/connect/upstream.js'
import { eventually } from '../fakes/cli.js'

type Handler = (req: IncomingMessage, res: ServerResponse, body: Buffer) => void

const world = {
  port: 0,
  enginePort: 0,
  stopped: 0,
  away: undefined as Away | undefined,
  handler: undefined as Handler | undefined,
  seen: [] as { headers: IncomingHttpHeaders; body: string }[],
}
let engine: Server
let gateway: Gateway

beforeAll(async () => {
  engine = createServer((req, res) => {
    const pieces: Buffer[] = []
    req.on('data', (piece: Buffer) => pieces.push(piece))
    req.on('end', () => {
      const body = Buffer.concat(pieces)
      world.seen.push({ headers: req.headers, body: body.length < 1e6 ? body.toString() : '' })
      world.handler?.(req, res, body)
    })
  })
  await new Promise<void>((resolve) => engine.listen(0, '127.0.0.1', resolve))
  world.enginePort = (engine.address() as AddressInfo).port
  world.port = await systemPorts(process.platform).free()
  gateway = await startGateway(
    {
      port: world.port,
      key: 'sk-lab',
      contextTokens: () => 4096,
      served: { names: ['m'], engineName: 'm', title: 'M', fim: null, nativeSuffix: false },
    },
    {
      clock: systemClock,
      upstream: () =>
        world.away ?? { state: 'serving', key: 'sk-engine', dial: () => connect(world.enginePort, '127.0.0.1') },
      isHealthy: () => Promise.resolve(world.away === undefined),
      status: () => Promise.resolve({ fine: true }),
      stop: () => (world.stopped += 1),
    },
  )
})

afterAll(async () => {
  await gateway.close()
  engine.closeAllConnections()
  engine.close()
})

beforeEach(() => {
  world.away = undefined
  world.handler = (_, res) => res.end('{}')
  world.seen.length = 0
})

interface Answer {
  readonly res: IncomingMessage
  text(): Promise<string>
}

/** A request as raw as node:http allows, with the lab's key unless told otherwise. */
const ask = (
  path: string,
  {
    method = 'GET',
    headers = {},
    body,
  }: { method?: string; headers?: Record<string, string>; body?: Buffer | string } = {},
): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const req = request(
      { port: world.port, host: '127.0.0.1', path, method, headers: { authorization: 'Bearer sk-lab', ...headers } },
      (res) => {
        resolve({
          res,
          text: async () => {
            let text = ''
            for await (const piece of res) text += String(piece)
            return text
          },
        })
      },
    )
    req.on('error', reject)
    req.end(body)
  })

const chat = { method: 'POST', body: JSON.stringify({ model: 'm', stream: true }) }

describe('a stream', () => {
  it('is passed on chunk by chunk, the moment each is there', async () => {
    let engineRes: ServerResponse | undefined
    world.handler = (_, res) => {
      engineRes = res.writeHead(200, { 'content-type': 'text/event-stream' })
      res.write('data: 1\n\n')
    }
    const { res } = await ask('/v1/chat/completions', chat)
    const chunks = res[Symbol.asyncIterator]()
    for (const text of ['1', '2', '3']) {
      if (text !== '1') engineRes?.write(`data: ${text}\n\n`)
      expect(String((await chunks.next()).value)).toBe(`data: ${text}\n\n`)
    }
    engineRes?.end()
    expect((await chunks.next()).done).toBe(true)
  })

  it('that the engine leaves unfinished ends with an error event', async () => {
    world.handler = (_, res) => {
      res.writeHead(200, { 'content-type': 'text/event-stream' })
      res.write('data: 1\n\n', () => res.destroy())
    }
    const answer = await ask('/v1/chat/completions', chat)
    const events = (await answer.text()).trim().split('\n\n')
    expect(events[0]).toBe('data: 1')
    expect(JSON.parse(events[1]?.slice(6) ?? '')).toMatchObject({ error: { code: 'engine_lost' } })
  })

  it('that the client leaves is ended at the engine, and no longer counted', async () => {
    let left = false
    world.handler = (_, res) => {
      res.writeHead(200, { 'content-type': 'text/event-stream' })
      res.write('data: 1\n\n')
      res.on('close', () => (left = true))
    }
    const { res } = await ask('/v1/chat/completions', chat)
    await new Promise((resolve) => res.once('data', resolve))
    expect(gateway.activity().inFlight).toBe(1)
    res.destroy()
    await eventually(() => left && gateway.activity().inFlight === 0)
  })
})

it('an answer that breaks off is never taken for whole', async () => {
  world.handler = (_, res) => {
    res.writeHead(200, { 'content-type': 'application/json', 'content-length': '100' })
    res.write('{"half":', () => res.destroy())
  }
  const answer = await ask('/v1/models/m')
  await expect(answer.text()).rejects.toThrow('aborted')
})

it('the engine sees its own key, not the lab’s, and no Origin', async () => {
  await ask('/v1/completions', {
    method: 'POST',
    body: '{"model":"M"}',
    headers: { origin: 'http://localhost:3000', 'x-api-key': 'sk-lab' },
  })
  expect(world.seen[0]?.headers.authorization).toBe('Bearer sk-engine')
  expect([world.seen[0]?.headers.origin, world.seen[0]?.headers['x-api-key']]).toEqual([undefined, undefined])
  expect(JSON.parse(world.seen[0]?.body ?? '')).toEqual({ model: 'm' })
})

it('a hundred megabytes go there and come back as they were', { timeout: 60_000 }, async () => {
  const body = randomBytes(100e6)
  const sum = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex')
  let arrived = ''
  world.handler = (_, res, got) => {
    arrived = sum(got)
    res.end(got)
  }
  for (const path of ['/v1/files', '/v1/chat/completions']) {
    const { res } = await ask(path, { method: 'POST', body, headers: { 'content-type': 'application/octet-stream' } })
    const pieces: Buffer[] = []
    for await (const piece of res) pieces.push(piece as Buffer)
    expect([arrived, sum(Buffer.concat(pieces))]).toEqual([sum(body), sum(body)])
  }
})

describe('the door', () => {
  it.each([
    ['/v1/models', { authorization: 'Bearer wrong' }, 401, 'invalid_api_key'],
    ['/v1/models', { host: 'evil.example' }, 403, 'forbidden'],
    ['/v1/models', { origin: 'https://evil.example' }, 403, 'forbidden'],
    ['/health', { host: 'evil.example' }, 403, 'forbidden'],
    ['/nowhere', {}, 404, 'not_found'],
    ['/labos/status', { authorization: 'Bearer wrong' }, 401, 'invalid_api_key'],
  ])('%s with %j: %d %s', async (path, headers, status, code) => {
    const answer = await ask(path, { headers })
    expect(answer.res.statusCode).toBe(status)
    expect(JSON.parse(await answer.text())).toMatchObject({ error: { code } })
    expect(world.seen).toEqual([])
  })

  it.each(['/v1/%63ompletions', '/v1/x/../completions', '/v1/completions?a=1'])(
    'inspects %s as completions',
    async (path) => {
      const answer = await ask(path, { method: 'POST', body: '{"model":"nope"}' })
      expect([answer.res.statusCode, world.seen.length]).toEqual([404, 0])
      expect(JSON.parse(await answer.text())).toMatchObject({ error: { code: 'model_not_found' } })
    },
  )

  it.each(['/v1/%zz', '/%6eowhere'])('knows nothing at %s', async (path) => {
    expect((await ask(path)).res.statusCode).toBe(404)
  })

  it('is open to /health without a key, and to pages of this computer', async () => {
    const health = await ask('/health', { headers: { authorization: '' } })
    expect([health.res.statusCode, await health.text()]).toEqual([200, '{"status":"ok"}'])
    const preflight = await ask('/v1/chat/completions', {
      method: 'OPTIONS',
      headers: { origin: 'http://localhost:3000', authorization: '' },
    })
    expect([preflight.res.statusCode, preflight.res.headers['access-control-allow-origin']]).toEqual([
      204,
      'http://localhost:3000',
    ])
  })

  it('answers 503 with Retry-After while the engine is away, or goes away', async () => {
    world.away = { state: 'restarting', reason: 'it ended (SIGKILL)', retryAfterMs: 2500 }
    for (const path of ['/health', '/v1/models']) {
      const answer = await ask(path)
      expect([answer.res.statusCode, answer.res.headers['retry-after']]).toEqual([503, '3'])
      expect(JSON.parse(await answer.text())).toMatchObject({
        error: { type: 'server_error', message: 'The engine is not serving: it ended (SIGKILL).' },
      })
    }
    world.away = undefined
    world.handler = (req) => req.socket.destroy()
    expect((await ask('/v1/chat/completions', chat)).res.statusCode).toBe(503)
  })

  it('tells the keeper’s status and passes the wish to stop, by key', async () => {
    const question = { port: world.port, key: 'sk-lab', timeoutMs: 20_000 }
    expect(await askKeeper({ ...question, method: 'GET', path: '/labos/status' })).toEqual({ fine: true })
    await expect(askKeeper({ ...question, key: 'wrong', method: 'POST', path: '/labos/stop' })).rejects.toThrow('401')
    expect(world.stopped).toBe(0)
    expect(await askKeeper({ ...question, method: 'POST', path: '/labos/stop' })).toEqual({ stopping: true })
    await eventually(() => world.stopped === 1)
  })

  it('counts inference as activity, and looking as none', async () => {
    const before = gateway.activity().requests
    await (await ask('/v1/models')).text()
    await (await ask('/health')).text()
    await (await ask('/v1/completions', { method: 'POST', body: '{"model":"nope"}' })).text()
    expect(gateway.activity().requests).toBe(before)
    await (await ask('/v1/completions', { method: 'POST', body: '{}' })).text()
    expect(gateway.activity()).toMatchObject({
      requests: before + 1,
      inFlight: 0,
      lastEndedMs: expect.any(Number) as number,
    })
  })
})

/** Another gateway, with no engine. */
const another = (port: number): Promise<Gateway> =>
  startGateway(
    {
      port,
      key: 'k',
      contextTokens: () => 1,
      served: { names: ['m'], engineName: 'm', title: '', fim: null, nativeSuffix: false },
    },
    {
      clock: systemClock,
      upstream: () => ({ state: 'failed', reason: 'x', retryAfterMs: 0 }),
      isHealthy: () => Promise.resolve(false),
      status: () => Promise.resolve(),
      stop: () => undefined,
    },
  )

it('a taken port is refused', () => expect(another(world.port)).rejects.toMatchObject({ code: 'port.taken' }))

it('closing does not wait for clients that stay connected', async () => {
  const port = await systemPorts(process.platform).free()
  const other = await another(port)
  const idle = connect(port, '127.0.0.1')
  await new Promise((resolve) => idle.once('connect', resolve))
  const gone = new Promise((resolve) => idle.once('close', resolve))
  await other.close()
  await gone
})
