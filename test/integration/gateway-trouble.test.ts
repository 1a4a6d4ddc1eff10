/** The gateway when things go wrong or get large: engines lost at bad moments, slow readers, forged heads. */
import { request, type ClientRequest, type IncomingMessage, type ServerResponse } from 'node:http'
import type { Writable } from 'node:stream'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Away } from '../../src/connect/upstream.js'
import { eventually } from '../fakes/cli.js'
import { ask, gatewayBench, LAB_KEY, rawAnswer, textOf, type GatewayBench } from '../fakes/gateway.js'

const away: Away = { state: 'restarting', reason: 'it ended (SIGKILL)', retryAfterMs: 2000 }
const MEGABYTE = 2 ** 20

let bench: GatewayBench
beforeEach(async () => {
  bench = await gatewayBench()
})
afterEach(() => bench.close())

const completions = { path: '/v1/completions', body: '{"prompt":"a"}' }
const errorOf = async (answer: IncomingMessage): Promise<unknown> => JSON.parse(await textOf(answer))

describe('an engine that is lost', () => {
  it('on a kept connection, and known to be away by then, is a 503 and no end of the keeper', async () => {
    await textOf(await ask(bench.port, completions))
    bench.onRequest = (req) => {
      bench.upstream = away
      req.socket.destroy()
    }
    const answer = await ask(bench.port, completions)
    expect(answer.statusCode).toBe(503)
    expect(await errorOf(answer)).toMatchObject({ error: { code: 'engine_away' } })
    expect(bench.gateway.activity().inFlight).toBe(0)
  })

  it.each([
    ['between two events', 'data: {"n":1}\n\n', ['data: {"n":1}']],
    ['in the middle of an event', 'data: {"n":1}\n\ndata: {"n":', ['data: {"n":1}', 'data: {"n":']],
    ['between a line and its end', 'data: {"n":1}\n\ndata: {"n":2}\n', ['data: {"n":1}', 'data: {"n":2}']],
  ])('%s is told in an event of its own', async (_where, said, before) => {
    bench.onRequest = (_, res) => {
      res.writeHead(200, { 'content-type': 'text/event-stream' }).write(said, () => res.destroy())
    }
    const events = (await textOf(await ask(bench.port, completions))).split(/\n{2,}/).filter((event) => event !== '')
    expect(events.slice(0, -1)).toEqual(before)
    expect(JSON.parse(events.at(-1)?.slice('data: '.length) ?? '')).toMatchObject({ error: { code: 'engine_lost' } })
  })

  it('while a large body goes to it is a 503', async () => {
    bench.onRequest = (req) => req.socket.destroy()
    const req = request({ port: bench.port, path: '/v1/files', method: 'POST', headers: keyed })
    const answered = new Promise<IncomingMessage>((resolve, reject) => req.on('response', resolve).on('error', reject))
    req.write(Buffer.alloc(MEGABYTE))
    expect((await answered).statusCode).toBe(503)
    req.destroy()
  })
})

const keyed = { authorization: `Bearer ${LAB_KEY}` }

describe('a head', () => {
  it.each([
    ['without Host', ['GET /v1/models HTTP/1.0'], '403'],
    ['without Host, of HTTP/1.1', ['GET /v1/models HTTP/1.1'], '400'],
    ['for another host', ['GET /v1/models HTTP/1.1', 'Host: rebound.example'], '403'],
    ['with an absolute address', ['GET http://rebound.example/v1/models HTTP/1.1', 'Host: HERE'], '404'],
    ['that wants a tunnel', ['GET /labos/anything HTTP/1.1', 'Host: HERE', 'Upgrade: websocket'], '404'],
    [
      'with two lengths',
      ['POST /v1/completions HTTP/1.1', 'Host: HERE', 'Content-Length: 1', 'Content-Length: 2'],
      '400',
    ],
  ])('%s is refused', async (_what, lines, status) => {
    let asked = 0
    bench.onRequest = (_, res) => {
      asked += 1
      res.end()
    }
    const head = lines.map((line) => line.replace('HERE', `127.0.0.1:${String(bench.port)}`))
    const answer = await rawAnswer(bench.port, [...head, `Authorization: Bearer ${LAB_KEY}`, 'Connection: close'])
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `))
    expect(asked).toBe(0)
  })

  it('loses what is meant for one connection only, also what Connection names', async () => {
    let seen: IncomingMessage['headers'] = {}
    bench.onRequest = (req, res) => {
      seen = req.headers
      res.writeHead(200, { connection: 'keep-alive, x-engine-hop', 'x-engine-hop': '1', 'x-end': '2' }).end('{}')
    }
    const headers = { connection: 'close, X-Client-Hop', 'x-client-hop': '1', te: 'trailers', 'x-end': '2' }
    const answer = await ask(bench.port, { method: 'GET', path: '/v1/files', headers })
    expect([seen['x-client-hop'], seen.te, seen['x-end']]).toEqual([undefined, undefined, '2'])
    expect([answer.headers['x-engine-hop'], answer.headers['x-end']]).toEqual([undefined, '2'])
    await textOf(answer)
  })

  it('cannot take the length of a body away and so hide a second request in it', async () => {
    const smuggled = 'GET /v1/secret HTTP/1.1\r\nHost: x\r\n\r\n'
    const seen: string[] = []
    bench.onRequest = (req, res) =>
      void req.toArray().then((pieces: Buffer[]) => {
        seen.push(`${String(req.url)} ${Buffer.concat(pieces).toString()}`)
        res.end('{}')
      })
    const headers = { connection: 'keep-alive, Content-Length', 'content-length': String(smuggled.length) }
    await textOf(await ask(bench.port, { method: 'GET', path: '/v1/files/1', headers, body: smuggled }))
    await textOf(await ask(bench.port, { method: 'GET', path: '/v1/files/2' }))
    expect(seen).toEqual([`/v1/files/1 ${smuggled}`, '/v1/files/2 '])
  })

  it.each([
    ['GET', '/labos/stop'],
    ['POST', '/labos/status'],
    ['GET', '/labos'],
    ['POST', '/labos/anything'],
    ['GET', '/api/tags'],
    ['GET', '/v1'],
  ])('%s %s finds nothing', async (method, path) => {
    const answer = await ask(bench.port, { method, path })
    expect([answer.statusCode, bench.stops]).toEqual([404, 0])
    expect(await errorOf(answer)).toMatchObject({ error: { code: 'not_found' } })
  })
})

describe('a body', () => {
  /** JSON of exactly this many bytes that names a model nobody serves. */
  const sized = (bytes: number): string => `{"model":"other","prompt":"${'x'.repeat(bytes - 29)}"}`

  it('of 16 MiB is inspected, a larger one goes on as it is', async () => {
    const got: string[] = []
    bench.onRequest = (req, res) =>
      void req.toArray().then((pieces: Buffer[]) => {
        got.push(Buffer.concat(pieces).toString())
        res.end('{}')
      })
    expect(sized(16 * MEGABYTE).length).toBe(16 * MEGABYTE)
    const inspected = await ask(bench.port, { path: '/v1/completions', body: sized(16 * MEGABYTE) })
    expect(await errorOf(inspected)).toMatchObject({ error: { code: 'model_not_found' } })
    expect(got).toEqual([])
    const large = sized(16 * MEGABYTE + 1)
    expect((await ask(bench.port, { path: '/v1/completions', body: large })).statusCode).toBe(200)
    expect(got.map((body) => body === large)).toEqual([true])
  })

  it.each(['/v1/completions', '/v1/files'])('that the client never ends holds nothing: %s', async (path) => {
    let left = path === '/v1/completions' // its body is read first, so the engine is not asked
    bench.onRequest = (req) => req.on('close', () => (left = true)).resume()
    const req = request({ port: bench.port, path, method: 'POST', headers: keyed })
    req.on('error', () => undefined)
    await new Promise((resolve) => req.write('{"prompt":', resolve))
    await textOf(await ask(bench.port, { method: 'GET', path: '/health' }))
    req.destroy()
    await eventually(() => left && bench.gateway.activity().inFlight === 0)
  })
})

describe('a slow reader holds up the writer, not the keeper’s memory', () => {
  const PIECE = Buffer.alloc(MEGABYTE, 'x')
  const PIECES = 160
  /** Both connections' kernel buffers, with room to spare. */
  const HELD_BYTES = 64 * MEGABYTE

  /** Writes it all, waiting wherever the stream says so. */
  function pour(stream: Writable): { readonly bytes: () => number } {
    let pieces = 0
    const more = (): void => {
      while (pieces < PIECES) {
        pieces += 1
        if (!stream.write(PIECE)) return void stream.once('drain', more)
      }
      stream.end()
    }
    more()
    return { bytes: () => pieces * MEGABYTE }
  }

  /** Resolves when nothing more was written during many round trips through the gateway. */
  async function standstill(bytes: () => number): Promise<number> {
    for (let same = 0; same < 40;) {
      const before = bytes()
      await textOf(await ask(bench.port, { method: 'GET', path: '/health' }))
      same = bytes() === before ? same + 1 : 0
    }
    return bytes()
  }

  async function bytesOf(message: IncomingMessage): Promise<number> {
    let total = 0
    for await (const piece of message) total += (piece as Buffer).length
    return total
  }

  it('when a client reads slowly', async () => {
    const engine = new Promise<ServerResponse>((resolve) => (bench.onRequest = (_, res) => resolve(res)))
    const answering = ask(bench.port, { method: 'GET', path: '/v1/files' })
    const written = pour((await engine).writeHead(200))
    const answer = await answering // it is not read yet
    expect(await standstill(written.bytes)).toBeLessThan(HELD_BYTES)
    expect(await bytesOf(answer)).toBe(PIECES * MEGABYTE)
  })

  it.each(['/v1/files', '/v1/completions'])('when an engine reads slowly what comes to %s', async (path) => {
    const engine = new Promise<[IncomingMessage, ServerResponse]>((resolve) => {
      bench.onRequest = (req, res) => resolve([req, res])
    })
    const client: ClientRequest = request({ port: bench.port, path, method: 'POST', headers: keyed })
    const answered = new Promise<IncomingMessage>((resolve, reject) =>
      client.on('response', resolve).on('error', reject),
    )
    const written = pour(client)
    const [req, res] = await engine
    expect(await standstill(written.bytes)).toBeLessThan(HELD_BYTES)
    expect(await bytesOf(req)).toBe(PIECES * MEGABYTE)
    res.end('{}')
    expect((await answered).statusCode).toBe(200)
    await textOf(await answered)
  })
})
