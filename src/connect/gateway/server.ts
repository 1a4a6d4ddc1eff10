/** The keeper's HTTP door: one loopback port for the lab's whole life. */
import { createServer, type Agent, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { systemCode } from '../../errors/from-system.js'
import { LabosError } from '../../errors/labos-error.js'
import type { Clock } from '../../ports.js'
import type { Away, Upstream } from '../upstream.js'
import { activityMeter, type Activity } from './activity.js'
import { engineAgent, forward, type Forwarding } from './forward.js'
import { corsHeaders, refuseForeign, refuseWrongKey } from './guard.js'
import { inspectRequest, type Served } from './inspect-request.js'
import { completeModels } from './models.js'
import { away, bodyOf, notFound, type OpenAiError } from './openai-error.js'

export interface GatewayOptions {
  readonly port: number
  /** The lab's key. */
  readonly key: string
  readonly served: Served
  /** Longest request now. */
  contextTokens(): number
}

export interface GatewayDeps {
  readonly clock: Clock
  upstream(): Upstream | Away
  /** Asks the engine itself whether it would serve. */
  isHealthy(): Promise<boolean>
  /** Answer of `GET /labos/status`. */
  status(): Promise<unknown>
  /** Called after `POST /labos/stop` was answered. */
  stop(): void
  /** Where something is watched afar: `POST /labos/look` is answered when it was looked at again. */
  look?(): Promise<void>
}

export interface Gateway {
  activity(): Activity
  /** Stops listening, ends what runs within two seconds. */
  close(): Promise<void>
}

const INFERENCE = new Set([
  '/v1/completions',
  '/v1/chat/completions',
  '/v1/embeddings',
  '/v1/responses',
  '/v1/messages',
])
const PASSED = /^\/(?:v1\/|metrics$|tokenize$|detokenize$|props$)/
/** Larger bodies are no text that any context could hold; they stream through as they are. */
const INSPECTED_BYTES = 16 * 2 ** 20
const CLOSE_MS = 2000

/** Listens on 127.0.0.1. Throws `port.taken`. */
export async function startGateway(options: GatewayOptions, deps: GatewayDeps): Promise<Gateway> {
  const meter = activityMeter(deps.clock)
  const agent = engineAgent(() => {
    const upstream = deps.upstream()
    if (upstream.state !== 'serving') throw new Error(upstream.reason)
    return upstream.dial()
  })
  const server = createServer({ noDelay: true, keepAliveTimeout: 65_000, requestTimeout: 0 }, (req, res) => {
    answer({ req, res, path: pathOf(req), agent, options, deps, begin: () => meter.begin() }).catch(() => res.destroy())
  })
  await listen(server, options.port)
  return { activity: () => meter.read(), close: () => close(server, agent, deps.clock) }
}

interface Exchange {
  readonly req: IncomingMessage
  readonly res: ServerResponse
  readonly path: string
  readonly agent: Agent
  readonly options: GatewayOptions
  readonly deps: GatewayDeps
  begin(): () => void
}

/** The path that a request means, however it is spelled: what decides must see what the engine will. */
function pathOf({ url = '/' }: IncomingMessage): string {
  try {
    return decodeURIComponent(new URL(`http://127.0.0.1${url}`).pathname)
  } catch {
    return `malformed ${url}` // no path that is passed on looks like it
  }
}

async function answer(exchange: Exchange): Promise<void> {
  const { req, res, path, options } = exchange
  const foreign = refuseForeign(req.headers, options.port)
  if (foreign) return refuse(exchange, foreign)
  if (req.method === 'OPTIONS') return void res.writeHead(204, corsHeaders(req.headers.origin)).end()
  if (path === '/health' && req.method === 'GET') return health(exchange)
  const wrong = refuseWrongKey(req.headers, options.key)
  if (wrong) return refuse(exchange, wrong)
  if (PASSED.test(path)) return pass(exchange)
  const own = OWN[`${req.method ?? ''} ${path}`]
  return own ? own(exchange) : refuse(exchange, notFound(path))
}

/** For labos's other commands. */
const OWN: Readonly<Record<string, (exchange: Exchange) => Promise<void> | void>> = {
  'GET /labos/status': async (exchange) => json(exchange, 200, await exchange.deps.status()),
  'POST /labos/stop': (exchange) => {
    exchange.res.once('close', () => exchange.deps.stop())
    json(exchange, 202, { stopping: true })
  },
  'POST /labos/look': async (exchange) => {
    if (!exchange.deps.look) return refuse(exchange, notFound(exchange.path))
    await exchange.deps.look()
    json(exchange, 200, { looked: true })
  },
}

/** The engine; undefined when it is away, and the request refused with that. */
function reach(exchange: Exchange): Upstream | undefined {
  const upstream = exchange.deps.upstream()
  if (upstream.state === 'serving') return upstream
  refuse(exchange, away(upstream.reason, upstream.retryAfterMs))
  return undefined
}

async function health(exchange: Exchange): Promise<void> {
  if (!reach(exchange)) return
  if (!(await exchange.deps.isHealthy())) return refuse(exchange, away('it does not answer', 2000))
  return json(exchange, 200, { status: 'ok' })
}

async function pass(exchange: Exchange): Promise<void> {
  const { req, path, options } = exchange
  const before = reach(exchange)
  if (!before) return
  const isInference = req.method === 'POST' && INFERENCE.has(path)
  if (!isInference) {
    const isModels = req.method === 'GET' && path === '/v1/models'
    return send(
      exchange,
      before,
      isModels ? { rewrite: (raw) => completeModels(raw, options.served, options.contextTokens()) } : {},
    )
  }
  const { whole, pieces } = await readUpTo(req, INSPECTED_BYTES)
  const inspected = whole ? inspectRequest(path, Buffer.concat(pieces), options.served) : undefined
  if (inspected?.ok === false) return refuse(exchange, inspected.error)
  // Asked again: while the body came in the engine may have ended, or come back with another key.
  const upstream = reach(exchange)
  if (!upstream) return
  const end = exchange.begin()
  try {
    await send(exchange, upstream, { body: inspected?.body ?? pieces })
  } finally {
    end()
  }
}

function send(exchange: Exchange, upstream: Upstream, extra: Pick<Forwarding, 'body' | 'rewrite'>): Promise<void> {
  const { req, res, agent } = exchange
  return forward(req, res, {
    upstream,
    agent,
    extraHeaders: corsHeaders(req.headers.origin),
    onUnreachable: () => refuse(exchange, away('it went away just now', 1000)),
    ...extra,
  })
}

/** Reads a body up to a size; a larger one is left paused after the pieces read so far. */
async function readUpTo(req: IncomingMessage, limit: number): Promise<{ whole: boolean; pieces: Buffer[] }> {
  const pieces: Buffer[] = []
  let size = 0
  for await (const piece of req.iterator({ destroyOnReturn: false })) {
    pieces.push(piece as Buffer)
    size += (piece as Buffer).length
    if (size > limit) return { whole: false, pieces }
  }
  return { whole: true, pieces }
}

function refuse({ req, res }: Exchange, error: OpenAiError): void {
  req.resume()
  const retry = error.retryAfterSeconds === undefined ? {} : { 'retry-after': String(error.retryAfterSeconds) }
  const allowed = error.status === 403 ? {} : corsHeaders(req.headers.origin)
  res.writeHead(error.status, { 'content-type': 'application/json', ...allowed, ...retry }).end(bodyOf(error))
}

function json({ req, res }: Exchange, status: number, value: unknown): void {
  req.resume()
  res
    .writeHead(status, { 'content-type': 'application/json', ...corsHeaders(req.headers.origin) })
    .end(JSON.stringify(value))
}

const listen = (server: Server, port: number): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', (error) => reject(systemCode(error) === 'EADDRINUSE' ? taken(port) : error))
    server.listen({ port, host: '127.0.0.1', exclusive: true }, resolve)
  })

async function close(server: Server, agent: Agent, clock: Clock): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  const over = new AbortController()
  server.closeIdleConnections()
  await Promise.race([closed, clock.sleep(CLOSE_MS, over.signal).catch(() => undefined)])
  over.abort()
  server.closeAllConnections()
  agent.destroy()
  await closed
}

const taken = (port: number): LabosError =>
  new LabosError('port.taken', `Port ${String(port)} was taken by another program just now.`, {
    suggestions: [
      'Run the same command again: it names the holder.',
      'Or use another port: `--port 0` picks a free one.',
    ],
  })
