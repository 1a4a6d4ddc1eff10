/** The gateway before an engine that is reached over SSH: OpenSSH's server, and a path that breaks. */
import type { IncomingMessage, RequestListener } from 'node:http'
import { createServer, request, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { connectSsh } from '../../src/adapters/ssh/machine.js'
import { systemClock } from '../../src/adapters/system-clock.js'
import { channelPool, type ChannelPool } from '../../src/connect/channel-pool.js'
import { openSession, type Session } from '../../src/connect/session.js'
import type { Away, Upstream } from '../../src/connect/upstream.js'
import { eventually } from '../fakes/cli.js'
import { ask, gatewayBench, type GatewayBench, LAB_KEY, textOf } from '../fakes/gateway.js'
import { useSshd } from '../fakes/use-sshd.js'
import { type Wire, wireTo } from '../fakes/wire.js'

const SPARES = 4
const sshd = useSshd()

interface Rig {
  readonly bench: GatewayBench
  readonly engine: Server
  readonly path: Wire
  readonly session: Session
  readonly pool: ChannelPool
  onRequest: RequestListener
  connections(): Promise<number>
}

let rig: Rig
beforeEach(async () => {
  const engine = createServer((req, res) => rig.onRequest(req, res))
  await new Promise<void>((resolve) => engine.listen(0, '127.0.0.1', resolve))
  const { port } = engine.address() as AddressInfo
  const path = await wireTo(sshd().place.port)
  const bench = await gatewayBench()
  const session = openSession(
    { ...sshd().place, port: path.port },
    {
      clock: systemClock,
      connect: connectSsh,
      random: Math.random,
      isWaiting: () => bench.gateway.activity().inFlight > 0,
      onState: ({ state }) => {
        if (state === 'connected') pool.fill()
      },
    },
  )
  const pool = channelPool(() => session.dial(port), SPARES)
  rig = {
    ...{ bench, engine, path, session, pool },
    onRequest: (req, res) => void req.resume().on('end', () => res.end('{"fine":true}')),
    connections: () => new Promise((resolve) => engine.getConnections((_, count) => resolve(count))),
  }
  Object.defineProperty(bench, 'upstream', { get: () => upstreamOf(rig) })
  await eventually(() => session.state().state === 'connected')
})

function upstreamOf({ session, pool }: Rig): Upstream | Away {
  const { state, reason = '', retryAfterMs } = session.state()
  if (state === 'connected') return { state: 'serving', key: 'sk-engine', dial: pool.dial }
  session.wake()
  return { state: 'unresponsive', reason, retryAfterMs }
}

afterEach(async () => {
  rig.pool.close()
  await rig.bench.close()
  await rig.session.close()
  await eventually(async () => (await rig.connections()) === 0 && rig.path.open === 0)
  await rig.path.close()
  await new Promise((resolve) => rig.engine.close(resolve))
})

const completions = { path: '/v1/completions', body: '{"prompt":"a"}' }
const errorOf = async (answer: IncomingMessage): Promise<unknown> => JSON.parse(await textOf(answer))

describe('a path that is cut', () => {
  it('ends a stream with an error event; then 503 with Retry-After, until it is back', async () => {
    rig.onRequest = (_, res) => void res.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: 1\n\n')
    const stream = await ask(rig.bench.port, completions)
    const whole = textOf(stream)
    rig.path.cut(true)
    const events = (await whole).split('\n\n')
    expect(events[0]).toBe('data: 1')
    expect(JSON.parse(events[1]?.slice('data: '.length) ?? '')).toMatchObject({ error: { code: 'engine_lost' } })

    const refused = await ask(rig.bench.port, completions)
    expect(refused.statusCode).toBe(503)
    expect(Number(refused.headers['retry-after'])).toBeGreaterThanOrEqual(1)
    expect(await errorOf(refused)).toMatchObject({ error: { type: 'server_error', code: 'engine_away' } })

    rig.onRequest = (req, res) => void req.resume().on('end', () => res.end('{"fine":true}'))
    rig.path.mend()
    await eventually(async () => {
      const answer = await ask(rig.bench.port, completions)
      return (await textOf(answer)) === '{"fine":true}'
    })
  })

  it.each([0, SPARES])(
    'is a 503 for a request that waits for its answer, with %i channels open ahead',
    async (open) => {
      let arrived = 0
      if (open > 0) await eventually(async () => (await rig.connections()) === open)
      else rig.pool.close()
      rig.onRequest = () => (arrived += 1)
      const waiting = ask(rig.bench.port, completions)
      await eventually(() => arrived === 1)
      rig.path.cut()
      expect((await waiting).statusCode).toBe(503)
    },
  )
})

describe('channels', () => {
  it('are open before the first request, and again after a cut', async () => {
    await eventually(async () => (await rig.connections()) === SPARES)
    await textOf(await ask(rig.bench.port, completions))
    await eventually(async () => (await rig.connections()) === SPARES + 1)
    rig.path.cut()
    await eventually(() => rig.session.state().state === 'connected')
    await eventually(async () => (await rig.connections()) === SPARES)
  })

  it('that the engine closes while they wait are not used, and not opened again for nothing', async () => {
    await eventually(async () => (await rig.connections()) === SPARES)
    rig.engine.closeAllConnections()
    await eventually(async () => (await rig.connections()) === 0)
    for (let count = 0; count < 10; count += 1) {
      const answer = await ask(rig.bench.port, completions)
      expect(answer.statusCode).toBe(200)
      await textOf(answer)
    }
  })

  it('are given back by clients that leave in the middle, and by those that stay', async () => {
    rig.onRequest = (req, res) => {
      req.resume()
      res.writeHead(200, { 'content-type': 'text/event-stream' })
      const write = (): void => {
        while (!res.destroyed && res.write(`data: ${'x'.repeat(1000)}\n\n`));
      }
      res.on('drain', write)
      write()
    }
    for (let round = 0; round < 10; round += 1) await Promise.all(Array.from({ length: 20 }, leave))
    await eventually(() => rig.bench.gateway.activity().inFlight === 0)
    await eventually(async () => (await rig.connections()) <= SPARES)
    rig.onRequest = (req, res) => void req.resume().on('end', () => res.end('{"fine":true}'))
    for (let round = 0; round < 5; round += 1)
      await Promise.all(Array.from({ length: 50 }, async () => textOf(await ask(rig.bench.port, completions))))
    await eventually(async () => (await rig.connections()) <= 32 + SPARES)
    expect(rig.path.open).toBe(1)
  })
})

/** Asks for a stream, reads some of it or nothing, and hangs up. */
const leave = (): Promise<void> =>
  new Promise((resolve) => {
    const { port } = rig.bench
    const headers = { authorization: `Bearer ${LAB_KEY}` }
    const req = request({ port, host: '127.0.0.1', agent: false, method: 'POST', path: '/v1/completions', headers })
    req.on('error', () => undefined).once('close', () => resolve())
    req.on('response', (answer) => answer.once('data', () => req.destroy()))
    req.end(completions.body)
    if (Math.random() < 0.2) setTimeout(() => req.destroy(), 5)
  })
