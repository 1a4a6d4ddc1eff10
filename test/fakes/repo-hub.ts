/** The Hugging Face hub's API for whole repositories, with a storage behind it, on loopback. */
import { createHash } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { serve } from './http-server.js'

export interface RepoHub {
  readonly address: string
  /** `METHOD path`, and the range where there was one. */
  readonly asked: string[]
  /** Authorization headers that reached the storage. */
  readonly leaked: string[]
  /** Content by path. Names ending in `.safetensors` or `.gguf` are large files, with a sha256. */
  files: Record<string, Buffer>
  repo: string
  commit: string
  /** Former name, which redirects. */
  formerRepo?: string
  /** Answers before it behaves. */
  readonly refusals: { status: number; headers?: Record<string, string> }[]
  /** Answer to everything, instead. */
  denied?: { status: number; headers?: Record<string, string> }
  /** Bytes of an answer after which the connection breaks, one answer after the other. */
  readonly cuts: number[]
  /** Declared instead of the true checksum, by path. */
  readonly lies: Record<string, string>
  /** Commits that are there beside the newest. */
  readonly older: string[]
}

export const COMMIT = 'a'.repeat(40)

export async function repoHub(files: Record<string, Buffer>, repo = 'someone/model'): Promise<RepoHub> {
  const hub: Omit<RepoHub, 'address'> = {
    asked: [],
    leaked: [],
    files,
    repo,
    commit: COMMIT,
    refusals: [],
    cuts: [],
    lies: {},
    older: [],
  }
  const storage = await serve((request, response) => {
    if (request.headers.authorization !== undefined) hub.leaked.push(request.headers.authorization)
    sendFile(hub, decodeURIComponent((request.url ?? '').slice(1)), request, response)
  })
  const address = await serve((request, response) => answer(hub, storage, request, response))
  return Object.assign(hub, { address })
}

function answer(
  hub: Omit<RepoHub, 'address'>,
  storage: string,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const { pathname } = new URL(request.url ?? '', 'http://hub')
  const range = request.headers.range
  hub.asked.push(`${request.method ?? ''} ${pathname}${range === undefined ? '' : ` ${range}`}`)
  const refusal = hub.denied ?? hub.refusals.shift()
  if (refusal) return void response.writeHead(refusal.status, refusal.headers).end()
  const api = /^\/api\/models\/([^/]+\/[^/]+)\/revision\/(.+)$/.exec(pathname)
  if (api) return describe(hub, api[1] ?? '', api[2] ?? '', response)
  sendOrRedirect(hub, storage, pathname, request, response)
}

function sendOrRedirect(
  hub: Omit<RepoHub, 'address'>,
  storage: string,
  pathname: string,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const [, repo, name = ''] = /^\/([^/]+\/[^/]+)\/resolve\/[^/]+\/(.+)$/.exec(pathname) ?? []
  const path = decodeURIComponent(name)
  if (repo !== hub.repo || !hub.files[path]) return void response.writeHead(404).end()
  if (isLarge(path)) return void response.writeHead(302, { location: `${storage}/${encodeURIComponent(path)}` }).end()
  sendFile(hub, path, request, response)
}

function describe(hub: Omit<RepoHub, 'address'>, repo: string, revision: string, response: ServerResponse): void {
  if (repo === hub.formerRepo)
    return void response.writeHead(307, { location: `/api/models/${hub.repo}/revision/${revision}` }).end()
  const known = revision === 'main' || revision === hub.commit || hub.older.includes(revision)
  if (repo !== hub.repo || !known) return void response.writeHead(404, { 'x-error-code': 'RepoNotFound' }).end()
  const siblings = Object.entries(hub.files).map(([rfilename, content]) => {
    const blobId = createHash('sha1')
      .update(`blob ${String(content.length)}\0`)
      .update(content)
      .digest('hex')
    const sha256 = hub.lies[rfilename] ?? createHash('sha256').update(content).digest('hex')
    const size = content.length
    return { rfilename, size, blobId, ...(isLarge(rfilename) ? { lfs: { sha256, size, pointerSize: 134 } } : {}) }
  })
  response.end(JSON.stringify({ id: hub.repo, sha: revision === 'main' ? hub.commit : revision, siblings }))
}

const isLarge = (path: string): boolean => /\.(?:safetensors|gguf)$/.test(path)

function sendFile(
  hub: Omit<RepoHub, 'address'>,
  path: string,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const content = hub.files[path] ?? Buffer.alloc(0)
  const from = Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0)
  const rest = content.subarray(from)
  const range = `bytes ${String(from)}-${String(content.length - 1)}/${String(content.length)}`
  response.writeHead(from > 0 ? 206 : 200, {
    'content-length': rest.length,
    ...(from > 0 ? { 'content-range': range } : {}),
  })
  const cut = isLarge(path) ? hub.cuts.shift() : undefined
  if (cut === undefined) response.end(rest)
  else response.write(rest.subarray(0, cut), () => setImmediate(() => response.destroy()))
}
