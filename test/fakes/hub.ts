import { createHash } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { serve } from './http-server.js'

export interface FakeHub {
  readonly address: string
  /** `METHOD path`, with the range where there was one. */
  readonly asked: string[]
  /** Authorization headers that reached the storage behind the hub. */
  readonly leaked: string[]
  content: Buffer
  /** Declared instead of the true ones. */
  declared: { sha256?: string; bytes?: number }
  /** Answers of the hub before it behaves, first to last. */
  readonly refusals: { status: number; headers?: Record<string, string> }[]
  /** After how many bytes of an answer the connection breaks, for one answer after the other. */
  readonly cuts: number[]
  /** What happens instead of a content answer, for one answer after the other: the connection just stays open. */
  hang: number
  ignoresRanges: boolean
}

/** The Hugging Face hub as far as one file of large-file storage goes: a redirect with the facts, then the storage. */
export async function fakeHub(content: Buffer): Promise<FakeHub> {
  const state: Omit<FakeHub, 'address'> = {
    asked: [],
    leaked: [],
    content,
    declared: {},
    refusals: [],
    cuts: [],
    hang: 0,
    ignoresRanges: false,
  }
  const storage = await serve((request, response) => sendContent(state, request, response))
  const address = await serve((request, response) => {
    const range = request.headers.range
    state.asked.push(`${request.method ?? ''} ${request.url ?? ''}${range === undefined ? '' : ` ${range}`}`)
    const refusal = state.refusals.shift()
    if (refusal) return void response.writeHead(refusal.status, refusal.headers).end()
    const sha256 = state.declared.sha256 ?? createHash('sha256').update(state.content).digest('hex')
    response.writeHead(302, {
      location: `${storage}/blob`,
      'x-linked-etag': `"${sha256}"`,
      'x-linked-size': String(state.declared.bytes ?? state.content.length),
      'x-repo-commit': 'c0ffee',
    })
    response.end()
  })
  return Object.assign(state, { address })
}

function sendContent(state: Omit<FakeHub, 'address'>, request: IncomingMessage, response: ServerResponse): void {
  if (request.headers.authorization !== undefined) state.leaked.push(request.headers.authorization)
  if (state.hang > 0) {
    state.hang -= 1
    return
  }
  const from = state.ignoresRanges ? 0 : Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0)
  const rest = state.content.subarray(from)
  const range = `bytes ${String(from)}-${String(state.content.length - 1)}/${String(state.content.length)}`
  response.writeHead(from > 0 ? 206 : 200, {
    'content-length': rest.length,
    ...(from > 0 ? { 'content-range': range } : {}),
  })
  const cut = state.cuts.shift()
  if (cut === undefined) response.end(rest)
  else response.write(rest.subarray(0, cut), () => setImmediate(() => response.destroy()))
}
