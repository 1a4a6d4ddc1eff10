/** A model hub over a folder: what `hf download`, vLLM and labos ask of the Hugging Face hub, without Xet. */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { join } from 'node:path'
import type { HubFile, HubRepo } from './hub-tree.js'
import { pathOf } from './mirror.js'
import { sendFile } from './send-file.js'

/** May be changed at any time. */
export interface HubAccess {
  /** What the hub knows as a token; any other is refused everywhere. */
  tokens: readonly string[]
  /** Repositories that one must be let into, with the tokens that are. */
  gated: Readonly<Record<string, readonly string[]>>
}

/** As of this size a file is in the storage, and known by its sha256. */
const LARGE_BYTES = 1_000_000

export interface HubWish {
  readonly access?: HubAccess
  /** Where a `storageListener` of the same tree is, for large files; absent = the hub sends them itself. */
  readonly storage?: string
}

/** `repos` are those of the tree. */
export function hubListener(tree: string, repos: readonly HubRepo[], wish: HubWish = {}): RequestListener {
  const { access = { tokens: [], gated: {} }, storage } = wish
  return (request, response) => {
    const path = pathOf(request)
    const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1]
    if (token !== undefined && !access.tokens.includes(token))
      return refuse(response, 401, { 'x-error-message': 'Invalid credentials in Authorization header' })
    if (path === '/api/whoami-v2') return whoAmI(token, response)
    const asked = { request, response, tree, token, storage, ...partsOf(path) }
    const known = repos.find(({ repo }) => repo === asked.repo)
    if (!known) return noRepo(asked)
    if (asked.revision !== 'main' && !known.commit.startsWith(asked.revision))
      return refuse(response, 404, { 'x-error-code': 'RevisionNotFound' })
    if (asked.isApi) return describe(known, asked, known.repo in access.gated)
    const allowed = access.gated[known.repo]
    if (allowed && !allowed.includes(token ?? '')) return gate(asked)
    sendOrRedirect(known, asked)
  }
}

/** What stands behind the hub: files by their place, for whoever knows it. A token is refused, because none belongs there. */
export function storageListener(tree: string): RequestListener {
  return (request, response) => {
    if (request.headers.authorization !== undefined) return void response.writeHead(400).end()
    const place = pathOf(request)
    sendFile(join(tree, place), request, response, { etag: `"${place}"` })
  }
}

interface Asked {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly tree: string
  readonly token: string | undefined
  readonly storage: string | undefined
  readonly isApi: boolean
  readonly repo: string
  readonly kind: string
  readonly revision: string
  readonly name: string
}

function partsOf(path: string): Pick<Asked, 'isApi' | 'repo' | 'kind' | 'revision' | 'name'> {
  const parts = /^\/(api\/models\/)?([^/]+\/[^/]+)(?:\/(revision|tree|resolve)\/([^/]+)\/?(.*))?$/.exec(path) ?? []
  const [, api, repo = '', kind = 'revision', revision = 'main', name = ''] = parts
  return { isApi: api !== undefined, repo, kind, revision, name }
}

function whoAmI(token: string | undefined, response: ServerResponse): void {
  if (token === undefined) return refuse(response, 401, {})
  sendJson(response, { type: 'user', name: 'somebody', auth: { accessToken: { role: 'read' } } })
}

/** Who is nobody is not told whether it is there. */
const noRepo = ({ response, token }: Asked): void =>
  token === undefined
    ? refuse(response, 401, { 'x-error-message': 'Invalid username or password.' })
    : refuse(response, 404, { 'x-error-code': 'RepoNotFound', 'x-error-message': 'Repository not found' })

function gate({ response, token, repo }: Asked): void {
  const why =
    token === undefined ? 'You must have access to it and be authenticated' : 'You are not in the authorized list'
  refuse(response, token === undefined ? 401 : 403, {
    'x-error-code': 'GatedRepo',
    'x-error-message': `Access to model ${repo} is restricted. ${why}.`,
  })
}

const isLarge = ({ bytes }: HubFile): boolean => bytes >= LARGE_BYTES

function sendOrRedirect({ repo, commit, files }: HubRepo, { request, response, tree, storage, name }: Asked): void {
  const file = files.find(({ path }) => path === name)
  if (!file) return refuse(response, 404, { 'x-error-code': 'EntryNotFound', 'x-repo-commit': commit })
  const place = `${repo}/${commit}/${name}`
  const etag = `"${isLarge(file) ? file.sha256 : file.oid}"`
  const linked = isLarge(file) ? { 'x-linked-size': file.bytes, 'x-linked-etag': etag } : {}
  const headers = { 'x-repo-commit': commit, ...linked }
  if (storage === undefined || !isLarge(file))
    return sendFile(join(tree, place), request, response, { ...headers, etag })
  response.writeHead(302, { ...headers, location: `${storage}/${place}`, 'content-length': 0 }).end()
}

/** A commit's files, as the hub lists those of a repository, or of a folder in it. */
function describe({ repo, commit, files }: HubRepo, { request, response, kind, name }: Asked, isGated: boolean): void {
  const folder = name === '' ? '' : `${name}/`
  if (kind === 'tree') {
    const inside = files.filter(({ path }) => path.startsWith(folder))
    return sendJson(
      response,
      inside.map((file) => ({
        type: 'file',
        path: file.path,
        size: file.bytes,
        oid: file.oid,
        ...largeFile(file, 'oid'),
      })),
    )
  }
  const withBlobs = new URL(request.url ?? '', 'http://hub').searchParams.get('blobs') === 'true'
  const siblings = files.map((file) => ({
    rfilename: file.path,
    ...(withBlobs ? { size: file.bytes, blobId: file.oid, ...largeFile(file, 'sha256') } : {}),
  }))
  const about = { private: false, disabled: false, gated: isGated ? 'manual' : false, tags: [], downloads: 0, likes: 0 }
  sendJson(response, { _id: commit.slice(0, 24), id: repo, modelId: repo, sha: commit, ...about, siblings })
}

const largeFile = (file: HubFile, digest: 'oid' | 'sha256'): object =>
  isLarge(file) ? { lfs: { [digest]: file.sha256, size: file.bytes, pointerSize: 134 } } : {}

const sendJson = (response: ServerResponse, value: unknown): void =>
  void response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value))

const refuse = (response: ServerResponse, status: number, headers: Readonly<Record<string, string>>): void =>
  void response
    .writeHead(status, { 'content-type': 'application/json', ...headers })
    .end(JSON.stringify({ error: headers['x-error-message'] ?? headers['x-error-code'] ?? 'Unauthorized' }))
