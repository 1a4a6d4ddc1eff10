/** A model hub over a folder that hub-tree.ts made: what `hf download` and vLLM ask of one, with plain files behind it. */
import type { RequestListener, ServerResponse } from 'node:http'
import { join } from 'node:path'
import type { HubFile, HubRepo } from './hub-tree.js'
import { sendFile } from './send-file.js'

/** Below it the hub keeps a file in git itself. */
const LARGE_BYTES = 10_000_000

export function hubListener(tree: string, hub: readonly HubRepo[]): RequestListener {
  return (request, response) => {
    const path = decodeURIComponent(new URL(request.url ?? '/', 'http://hub').pathname)
    const [, api, repo, , revision = '', name = ''] =
      /^\/(api\/models\/)?([^/]+\/[^/]+)\/(revision|tree|resolve)\/([^/]+)\/?(.*)$/.exec(path) ?? []
    const known = hub.find((each) => each.repo === repo)
    if (!known) return refuse(response, 'RepoNotFound')
    if (revision !== 'main' && !known.commit.startsWith(revision)) return refuse(response, 'RevisionNotFound')
    if (api !== undefined) return describe(known, path, response)
    const file = known.files.find((each) => each.path === name)
    if (!file) return refuse(response, 'EntryNotFound')
    sendFile(join(tree, known.repo, known.commit, name), request, response, {
      'x-repo-commit': known.commit,
      etag: `"${isLarge(file) ? file.sha256 : file.oid}"`,
    })
  }
}

const isLarge = ({ bytes }: HubFile): boolean => bytes >= LARGE_BYTES

const lfs = (file: HubFile): object =>
  isLarge(file) ? { lfs: { oid: file.sha256, sha256: file.sha256, size: file.bytes, pointerSize: 134 } } : {}

/** A commit's files, as the two lists that the hub gives: of a repository, and of a folder. */
function describe({ repo, commit, files }: HubRepo, path: string, response: ServerResponse): void {
  const siblings = files.map((file) => ({ rfilename: file.path, size: file.bytes, blobId: file.oid, ...lfs(file) }))
  const entries = files.map((file) => ({
    type: 'file',
    path: file.path,
    size: file.bytes,
    oid: file.oid,
    ...lfs(file),
  }))
  const isFolder = /^\/api\/models\/[^/]+\/[^/]+\/tree\//.test(path)
  const answer = isFolder ? entries : { id: repo, modelId: repo, sha: commit, private: false, gated: false, siblings }
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer))
}

function refuse(response: ServerResponse, code: string): void {
  response.writeHead(404, { 'x-error-code': code, 'content-type': 'application/json' }).end(`{"error":"${code}"}`)
}
