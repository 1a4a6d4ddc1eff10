/** The gateway as clients see it: the OpenAI package, pages, and an engine that changes under their feet. */
import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { connect, type AddressInfo } from 'node:net'
import OpenAI from 'openai'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { systemPorts } from '../../src/adapters/ports.js'
import { startGateway, type Gateway } from '../../src/connect/gateway/server.js'
import type { Away, Upstream } from '../../src/connect/upstream.js'
import { type FakeClock, fakeClock } from '../fakes/clock.js'

type Asked = Readonly<{ req: IncomingMessage; res: ServerResponse; body: string }>

interface Engine {
  readonly port: number
  readonly server: Server
  readonly asked: Asked[]
  connections: number
  answer(asked: Asked): void
}

const KEY = 'sk-lab'
const fim = { template: '<B>{prefix}<H>{suffix}<E>', stop: ['<EOS>'], tested: true }
const away: Away = { state: 'restarting', reason: 'it ended (SIGKILL)', retryAfterMs: 1000 }

let engine: Engine
let gateway: Gateway
let upstream: Upstream | Away
let port: number
let reached = 0 // how often a request looked for the engine
let clock: FakeClock
const GRACE_MS = 2000 // for answers that run at the end

const serving = ({ port: at }: Engine, key = 'sk-engine'): Upstream => ({
  state: 'serving',
  key,
  dial: () => connect(at, '127.0.0.1'),
})

async function startEngine(): Promise<Engine> {
  const server = createServer((req, res) => {
    let body = ''
    req.on('data', (piece: Buffer) => (body += piece.toString()))
    req.on('end', () => {
      made.asked.push({ req, res, body })
      made.answer({ req, res, body })
    })
  })
  server.on('connection', () => (made.connections += 1))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port: at } = server.address() as AddressInfo
  const made: Engine = { port: at, server, asked: [], connections: 0, answer: ({ res }) => void res.end('{}') }
  return made
}

beforeEach(async () => {
  clock = fakeClock()
  engine = await startEngine()
  upstream = serving(engine)
  port = await systemPorts(process.platform).free()
  gateway = await startGateway(
    {
      port,
      key: KEY,
      contextTokens: () => 4096,
      served: { names: ['coder'], engineName: 'coder.gguf', title: 'Coder', fim, nativeSuffix: false },
    },
    {
      clock,
      upstream: () => ((reached += 1), upstream),
      isHealthy: () => Promise.resolve(true),
      status: () => Promise.resolve({}),
      stop: () => undefined,
    },
  )
})

afterEach(async () => {
  const closed = gateway.close()
  await clock.advance(GRACE_MS)
  await closed
  engine.server.closeAllConnections()
  await new Promise((resolve) => engine.server.close(resolve))
})

const client = (more: { apiKey?: string; maxRetries?: number } = {}): OpenAI =>
  new OpenAI({ baseURL: `http://127.0.0.1:${String(port)}/v1`, apiKey: KEY, maxRetries: 0, ...more })

const json = (res: ServerResponse, value: unknown): void =>
  void res.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value))

const messages = [{ role: 'user' as const, content: 'Hi' }]

const chatAnswer = { choices: [{ index: 0, message: { role: 'assistant', content: 'Hi!' } }] }
const delta = (content: string): string =>
  `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content } }] })}\n\n`

const events = ({ res }: Pick<Asked, 'res'>): ServerResponse =>
  res.writeHead(200, { 'content-type': 'text/event-stream' })

/** The next request that reaches the engine; the test answers it. */
const nextAsked = (): Promise<Asked> => new Promise((resolve) => (engine.answer = resolve))

/** A request as raw as node:http allows. Resolves with the answer's head. */
const ask = (path: string, method: string, headers: Record<string, string>, body: string[]): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    const req = request({ port, path, method, headers: { authorization: `Bearer ${KEY}`, ...headers } }, resolve)
    req.on('error', reject)
    for (const piece of body) req.write(piece)
    req.end()
  })

async function textOf(res: IncomingMessage): Promise<string> {
  let text = ''
  for await (const piece of res) text += String(piece)
  return text
}

describe('the OpenAI package', () => {
  it('chats', async () => {
    engine.answer = ({ res }) => json(res, chatAnswer)
    const answer = await client().chat.completions.create({ model: 'coder', messages })
    expect(answer.choices[0]?.message.content).toBe('Hi!')
    expect(engine.asked[0]?.req.headers.authorization).toBe('Bearer sk-engine')
    expect(JSON.parse(engine.asked[0]?.body ?? '')).toEqual({ model: 'coder.gguf', messages })
  })

  it('lists the lab’s model', async () => {
    engine.answer = ({ res }) => json(res, { object: 'list', data: [{ id: '/cache/x.gguf', owned_by: 'llamacpp' }] })
    const { data } = await client().models.list()
    expect(data).toEqual([{ id: 'coder', object: 'model', owned_by: 'llamacpp', max_model_len: 4096 }])
  })

  it('reads a stream word by word, each before the next is sent', async () => {
    const asked = nextAsked()
    const stream = await Promise.all([
      client().chat.completions.create({ model: 'coder', messages, stream: true }),
      asked.then((it) => events(it).write(delta('one'))),
    ]).then(([it]) => it[Symbol.asyncIterator]())
    const { res } = await asked
    for (const content of ['one', 'two']) {
      if (content === 'two') res.write(delta(content))
      expect((await stream.next()).value).toMatchObject({ choices: [{ delta: { content } }] })
    }
    res.end('data: [DONE]\n\n')
    expect((await stream.next()).done).toBe(true)
  })

  it('is told in the stream when the engine is lost', async () => {
    engine.answer = (it) => void events(it).write(delta('one'), () => it.res.destroy())
    const stream = await client().chat.completions.create({ model: 'coder', messages, stream: true })
    const said: unknown[] = []
    const reading = (async () => {
      for await (const chunk of stream) said.push(chunk.choices[0]?.delta.content)
    })()
    await expect(reading).rejects.toMatchObject({ code: 'engine_lost', type: 'server_error' })
    expect(said).toEqual(['one'])
  })

  it('has what is between prefix and suffix filled in', async () => {
    engine.answer = ({ res }) => json(res, { choices: [{ index: 0, text: 'x + 1' }] })
    const answer = await client().completions.create({
      model: 'coder',
      prompt: 'def f(x): return ',
      suffix: '\n# end',
      stop: '\n\n',
    })
    expect(answer.choices[0]?.text).toBe('x + 1')
    expect(JSON.parse(engine.asked[0]?.body ?? '')).toEqual({
      model: 'coder.gguf',
      prompt: '<B>def f(x): return <H>\n# end<E>',
      stop: ['<EOS>', '\n\n'],
    })
  })

  it('ends the request at the engine when it aborts', async () => {
    const asked = nextAsked()
    const aborting = new AbortController()
    const answering = client().chat.completions.create({ model: 'coder', messages }, { signal: aborting.signal })
    const { res } = await asked
    expect(gateway.activity().inFlight).toBe(1)
    const left = new Promise((resolve) => res.once('close', resolve))
    aborting.abort()
    await expect(answering).rejects.toBeInstanceOf(OpenAI.APIUserAbortError)
    await left
    expect(gateway.activity().inFlight).toBe(0)
  })

  it.each([
    ['a wrong key', { apiKey: 'sk-other' }, 'coder', OpenAI.AuthenticationError, 'invalid_api_key'],
    ['an unknown model', {}, 'gpt-4o', OpenAI.NotFoundError, 'model_not_found'],
  ])('recognises the error of %s', async (_what, more, model, kind, code) => {
    const failed: unknown = await client(more)
      .chat.completions.create({ model, messages })
      .catch((error: unknown) => error)
    expect(failed).toBeInstanceOf(kind)
    expect(failed).toMatchObject({ code })
    expect(engine.asked).toEqual([])
  })

  it('tries again by itself while the engine is away', async () => {
    engine.answer = ({ res }) => json(res, chatAnswer)
    upstream = away
    const failed: unknown = await client()
      .models.list()
      .catch((error: unknown) => error)
    expect(failed).toMatchObject({ status: 503, code: 'engine_away' })
    const before = reached
    const answering = client({ maxRetries: 1 }).chat.completions.create({ model: 'coder', messages })
    await expect.poll(() => reached).toBeGreaterThan(before) // the next try comes after the second that it was told to wait
    expect(engine.asked).toEqual([])
    upstream = serving(engine)
    expect((await answering).choices[0]?.message.content).toBe('Hi!')
  })
})

describe('an engine that changes while a body comes in', () => {
  /** Sends half a body, changes the engine, sends the rest. */
  const changing = (change: () => void): Promise<IncomingMessage> =>
    new Promise((resolve, reject) => {
      const headers = { authorization: `Bearer ${KEY}` }
      const req = request({ port, path: '/v1/completions', method: 'POST', headers }, resolve)
      req.on('error', reject)
      req.write('{"prompt":', () => {
        // The status door answers after the first half was read.
        void ask('/labos/status', 'GET', {}, []).then((res) => {
          res.resume()
          change()
          req.end('"a"}')
        })
      })
    })

  it('is said to be away when it left', async () => {
    const res = await changing(() => (upstream = away))
    expect([res.statusCode, res.headers['retry-after']]).toEqual([503, '1'])
    expect(JSON.parse(await textOf(res))).toMatchObject({ error: { code: 'engine_away' } })
    expect(gateway.activity()).toEqual({ inFlight: 0, requests: 0 })
  })

  it('gets its new key when it was started again', async () => {
    const res = await changing(() => (upstream = serving(engine, 'sk-second')))
    expect(res.statusCode).toBe(200)
    await textOf(res)
    expect(engine.asked[0]?.req.headers.authorization).toBe('Bearer sk-second')
  })
})

describe('the connection to the engine', () => {
  it('is used again for the next request', async () => {
    for (let turn = 0; turn < 5; turn += 1) await textOf(await ask('/v1/completions', 'POST', {}, ['{}']))
    expect([engine.asked.length, engine.connections]).toEqual([5, 1])
  })

  it('carries no second request in the body of a first', async () => {
    const smuggled = 'GET /v1/secret HTTP/1.1\r\nHost: x\r\n\r\n'
    for (const method of ['GET', 'DELETE']) {
      await textOf(await ask('/v1/files/1', method, { 'transfer-encoding': 'chunked' }, [smuggled]))
    }
    await textOf(await ask('/v1/files/2', 'GET', {}, []))
    expect(engine.asked.map(({ req, body }) => [req.method, req.url, body])).toEqual([
      ['GET', '/v1/files/1', smuggled],
      ['DELETE', '/v1/files/1', smuggled],
      ['GET', '/v1/files/2', ''],
    ])
  })

  it('asks for a model list that can be read', async () => {
    await textOf(await ask('/v1/models', 'GET', { 'accept-encoding': 'gzip, br' }, []))
    expect(engine.asked[0]?.req.headers['accept-encoding']).toBeUndefined()
  })
})

describe('closing', () => {
  it('ends a connection that is only kept', async () => {
    const socket = connect(port, '127.0.0.1')
    socket.write(`GET /health HTTP/1.1\r\nHost: 127.0.0.1:${String(port)}\r\n\r\n`)
    await new Promise((resolve) => socket.once('data', resolve))
    const gone = new Promise((resolve) => socket.once('close', resolve))
    await Promise.all([gateway.close(), gone]) // time stands still: nothing is waited for
  })

  it.each([
    ['lets an answer end that takes less than two seconds', true],
    ['cuts an answer that takes longer', false],
  ])('%s', async (_what, ends) => {
    const asked = nextAsked()
    const answered = ask('/v1/completions', 'POST', {}, ['{}']).then(textOf)
    const read = answered.catch((error: unknown) => error)
    const { res } = await asked
    const left = new Promise((resolve) => res.once('close', resolve))
    await new Promise<void>((resolve) => events({ res }).write('data: 1\n\n', () => resolve()))
    const closed = gateway.close()
    if (ends) res.end('data: 2\n\n')
    else await clock.advance(GRACE_MS)
    await closed
    if (ends) expect(await read).toBe('data: 1\n\ndata: 2\n\n')
    else expect(await read).toMatchObject({ code: 'ECONNRESET' })
    await left
  })
})
