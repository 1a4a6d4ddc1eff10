/** Passes one request on to the engine and its answer back, byte for byte, as it comes. */
import {
  Agent,
  request,
  type ClientRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  type ServerResponse,
} from 'node:http'
import { Duplex } from 'node:stream'
import type { OpenedAhead } from '../channel-pool.js'
import type { Upstream } from '../upstream.js'
import { bodyOf, engineLost } from './openai-error.js'

/** Of one connection, not of the message (RFC 9110, 7.6.1). */
const HOP_BY_HOP = [
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]

export interface Forwarding {
  readonly upstream: Upstream
  readonly agent: Agent
  /** The whole body, when it was read already; else the request is streamed. */
  readonly body?: Buffer | readonly Buffer[]
  readonly extraHeaders: OutgoingHttpHeaders
  /** Changes a whole answer instead of streaming it. */
  readonly rewrite?: (body: string) => string
  /** Called when the engine cannot be reached and nothing was answered yet. */
  readonly onUnreachable: () => void
}

const KEPT_CONNECTIONS = 32
/** All that are kept, and as many opened ahead meanwhile. */
const LONGEST_TRIES = 2 * KEPT_CONNECTIONS

/** What the client has of an answer. */
interface Passed {
  isEvents: boolean
  last?: Buffer
}

/** Connections to the engine, kept open between requests. */
export function engineAgent(dial: () => Duplex): Agent {
  const agent = new Agent({ keepAlive: true, maxFreeSockets: KEPT_CONNECTIONS })
  agent.createConnection = (_options, done) => {
    try {
      const stream = dial()
      stream.on('error', () => undefined) // the request hears it too, but only when it has its connection
      if (!stream.destroyed) return stream
      done?.(stream.errored ?? new Error('the connection was closed'), stream)
    } catch (error) {
      done?.(error instanceof Error ? error : new Error(String(error)), new Duplex())
    }
    // Told to the request: thrown here, or by a stream that has ended already, it could meet nobody, and end the keeper.
    return undefined
  }
  return agent
}

/** Resolves when the exchange is over, however it ended. */
export const forward = (req: IncomingMessage, res: ServerResponse, forwarding: Forwarding): Promise<void> =>
  new Promise((resolve) => {
    const { agent, body, extraHeaders, rewrite, onUnreachable } = forwarding
    const isRepeatable = Buffer.isBuffer(body) || isBare(req)
    const send = (tries: number): void => {
      const onward = request({ agent, method: req.method, path: req.url, headers: headersFor(req, forwarding) })
      const leave = (): void => void onward.destroy()
      const passed: Passed = { isEvents: false }
      res.once('close', leave)
      onward.on('error', () => {
        res.off('close', leave)
        if (res.headersSent) endLost(res, passed)
        else if (res.destroyed) return
        // The engine had closed this kept connection meanwhile. Each try uses one up; the last is a new connection.
        else if (wasOpen(onward) && isRepeatable && tries < LONGEST_TRIES) send(tries + 1)
        else onUnreachable()
      })
      onward.on('response', (answer) => {
        passed.isEvents = String(answer.headers['content-type']).startsWith('text/event-stream')
        answer.on('error', () => endLost(res, passed))
        answer.on('aborted', () => endLost(res, passed))
        if (rewrite) void rewriteAnswer(answer, res, extraHeaders, rewrite)
        else streamAnswer(answer, res, extraHeaders, passed)
      })
      sendBody(req, onward, body)
    }
    res.once('close', resolve)
    send(1)
  })

/** Open before this request: used before, or opened ahead. */
const wasOpen = ({ reusedSocket, socket }: ClientRequest): boolean =>
  reusedSocket || (socket as Partial<OpenedAhead> | null)?.wasOpenedAhead === true

/** Names of headers that go no further. A sender may name more in `Connection`, but not take the body's length away. */
function ofOneConnection({ connection = '' }: IncomingHttpHeaders): string[] {
  const named = connection.split(',').map((name) => name.trim().toLowerCase())
  return [...HOP_BY_HOP, ...named.filter((name) => name !== 'content-length')]
}

const isBare = ({ headers }: IncomingMessage): boolean =>
  headers['content-length'] === undefined && headers['transfer-encoding'] === undefined

function sendBody(req: IncomingMessage, onward: ClientRequest, body: Forwarding['body']): void {
  if (Buffer.isBuffer(body)) onward.end(body)
  else if (isBare(req)) onward.end()
  else {
    for (const piece of body ?? []) onward.write(piece)
    req.pipe(onward)
  }
}

function headersFor(req: IncomingMessage, { upstream, body, rewrite }: Forwarding): OutgoingHttpHeaders {
  const headers: OutgoingHttpHeaders = { ...req.headers }
  for (const name of [...ofOneConnection(req.headers), 'authorization', 'x-api-key', 'origin', 'expect'])
    Reflect.deleteProperty(headers, name)
  if (upstream.key !== undefined) headers['authorization'] = `Bearer ${upstream.key}`
  if (rewrite) Reflect.deleteProperty(headers, 'accept-encoding') // only plain text can be changed
  if (Buffer.isBuffer(body)) headers['content-length'] = body.length
  // Said again, because Node.js frames no body of a GET or DELETE by itself: the engine would take it for a next request.
  else if (req.headers['transfer-encoding'] !== undefined) headers['transfer-encoding'] = 'chunked'
  return headers
}

function answerHeaders(answer: IncomingMessage, extra: OutgoingHttpHeaders): OutgoingHttpHeaders {
  const headers: OutgoingHttpHeaders = { ...answer.headers }
  const dropped = ofOneConnection(answer.headers)
  for (const name of Object.keys(headers))
    if (dropped.includes(name) || name.startsWith('access-control-')) Reflect.deleteProperty(headers, name)
  return { ...headers, ...extra }
}

function streamAnswer(answer: IncomingMessage, res: ServerResponse, extra: OutgoingHttpHeaders, passed: Passed): void {
  // Head, body and end of a short answer come in one read, and leave in one write.
  res.cork()
  setImmediate(() => res.uncork())
  res.writeHead(answer.statusCode ?? 502, answerHeaders(answer, extra))
  res.flushHeaders()
  // Not pipe(): when the engine dies pipe() would end the answer as if it were whole. What came in one read of the
  // socket goes on in one write: engines send many small chunks, and each write costs more than its bytes.
  let waiting: Buffer[] = []
  const flush = (): void => {
    const pieces = waiting
    waiting = []
    if (pieces.length === 0 || res.writableEnded) return // the engine was lost in between
    if (!res.write(Buffer.concat(pieces))) answer.pause()
  }
  answer.on('data', (piece: Buffer) => {
    passed.last = piece
    if (waiting.push(piece) === 1) process.nextTick(flush)
  })
  res.on('drain', () => answer.resume())
  answer.on('end', () => {
    flush()
    if (answer.complete) res.end()
    else res.destroy()
  })
}

async function rewriteAnswer(
  answer: IncomingMessage,
  res: ServerResponse,
  extra: OutgoingHttpHeaders,
  rewrite: (body: string) => string,
): Promise<void> {
  const pieces: Buffer[] = []
  try {
    for await (const piece of answer) pieces.push(piece as Buffer)
  } catch {
    return // endLost has it
  }
  const text = Buffer.concat(pieces).toString('utf8')
  const body = Buffer.from(answer.statusCode === 200 ? rewrite(text) : text)
  res.writeHead(answer.statusCode ?? 502, { ...answerHeaders(answer, extra), 'content-length': body.length })
  res.end(body)
}

/** The engine left in the middle: a stream of events says so, anything else is cut so that nobody takes it for whole. */
function endLost(res: ServerResponse, { isEvents, last }: Passed): void {
  if (res.writableEnded || res.destroyed) return
  if (!isEvents) return void res.destroy()
  // Half an event would swallow this one: empty lines end it first.
  const isBetweenEvents = last === undefined || last.subarray(-2).toString('latin1') === '\n\n'
  res.end(`${isBetweenEvents ? '' : '\n\n'}data: ${bodyOf(engineLost)}\n\n`)
}
