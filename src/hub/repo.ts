/** A repository of the hub at one commit: what it holds, under the name that it has now. */
import * as z from 'zod/mini'
import type { DownloadDeps } from '../download/deps.js'
import { LabosError } from '../errors/labos-error.js'
import { askHub, type Hub, hubOf, isPublicHub } from './ask-hub.js'

export interface HubRepo {
  /** `owner/name` as the hub has it. */
  readonly repo: string
  /** The name that was asked for, where the repository has moved since. */
  readonly movedFrom?: string
  /** 40 hex digits. */
  readonly commit: string
  /** Only for those who show a token. */
  readonly wantsToken: boolean
  readonly files: readonly RepoFile[]
}

export interface RepoFile {
  /** In the repository, with slashes. */
  readonly path: string
  readonly bytes: number
  readonly digest: Digest
}

/** Large files have a sha256; the others are known by the id that git gives their content. */
export interface Digest {
  readonly kind: 'sha256' | 'git-blob'
  readonly hex: string
}

const answerShape = z.object({
  id: z.string(),
  sha: z.string().check(z.regex(/^[0-9a-f]{40}$/)),
  private: z.nullish(z.boolean()),
  gated: z.nullish(z.union([z.boolean(), z.string()])),
  siblings: z.array(
    z.object({
      rfilename: z.string(),
      size: z.exactOptional(z.number()),
      blobId: z.exactOptional(z.string()),
      lfs: z.nullish(z.object({ sha256: z.string(), size: z.number() })),
    }),
  ),
})

/** `revision`: branch, tag or commit. Throws `hub.unknown`, `hub.gated`, `network.download`. */
export async function describeRepo(
  repo: string,
  revision: string,
  deps: DownloadDeps,
  signal: AbortSignal,
): Promise<HubRepo> {
  const { endpoint, hasToken } = hubOf(deps.env)
  const url = `${endpoint}/api/models/${repo}/revision/${encodeURIComponent(revision)}?blobs=true`
  const response = await askHub(url, 'GET', deps, signal)
  refuseAnswer(response, `${repo} at ${revision}`, { repo, endpoint, hasToken })
  const parsed = answerShape.safeParse(await response.json().catch(() => undefined))
  if (!parsed.success) throw unreadable(endpoint, repo)
  const { id, sha, siblings } = parsed.data
  const wantsToken = Boolean(parsed.data.private) || Boolean(parsed.data.gated)
  const files = siblings.map(({ rfilename, size, blobId, lfs }): RepoFile => {
    if (lfs) return { path: rfilename, bytes: lfs.size, digest: { kind: 'sha256', hex: lfs.sha256 } }
    if (size === undefined || blobId === undefined) throw unreadable(endpoint, repo)
    return { path: rfilename, bytes: size, digest: { kind: 'git-blob', hex: blobId } }
  })
  return {
    repo: id,
    commit: sha,
    wantsToken,
    files,
    ...(id.toLowerCase() === repo.toLowerCase() ? {} : { movedFrom: repo }),
  }
}

/** Address of a file's content at a commit. */
export const fileUrl = (endpoint: string, repo: string, commit: string, path: string): string =>
  `${endpoint}/${repo}/resolve/${encodeURIComponent(commit)}/${path.split('/').map(encodeURIComponent).join('/')}`

interface Asked extends Pick<Hub, 'endpoint' | 'hasToken'> {
  readonly repo: string
}

/** Throws what an answer other than 200 means. `what` was asked for. */
export function refuseAnswer({ status, headers }: Response, what: string, { repo, endpoint, hasToken }: Asked): void {
  if (status === 200) return
  const code = headers.get('x-error-code') ?? ''
  const detail = headers.get('x-error-message') ?? code
  if (status === 404 || isHidden(status, code, hasToken)) {
    throw new LabosError('hub.unknown', `${hubName(endpoint)} has no ${what} (HTTP ${String(status)}).`, {
      suggestions: [
        `Check the name: ${endpoint}/${repo}`,
        'If it is private, set HF_TOKEN to a token that may read it.',
      ],
    })
  }
  if (status === 401 && hasToken && code !== 'GatedRepo') throw badToken(repo, detail)
  if (status === 401 || status === 403) throw gated(repo, status, detail, hasToken)
  throw new LabosError('network.download', `${hubName(endpoint)} answered HTTP ${String(status)} for ${what}.`, {
    suggestions: ['Run the same command again later.', 'If HF_ENDPOINT names a mirror, try without it.'],
  })
}

/** A mirror by its address: what it lacks, the hub may have. */
const hubName = (endpoint: string): string => (isPublicHub(endpoint) ? 'The hub' : `The mirror ${endpoint}`)

/** Without a token the hub answers 401 for a repository that does not exist, too. */
const isHidden = (status: number, code: string, hasToken: boolean): boolean =>
  status === 401 && (code === 'RepoNotFound' || (code === '' && !hasToken))

const gated = (repo: string, status: number, detail: string, hasToken: boolean): LabosError =>
  new LabosError(
    'hub.gated',
    `The hub refuses access to ${repo} (HTTP ${String(status)}${detail === '' ? '' : `, ${detail}`}).`,
    {
      suggestions: [
        `Accept its terms at https://huggingface.co/${repo}.`,
        hasToken
          ? 'Set HF_TOKEN to a token that may read it: https://huggingface.co/settings/tokens'
          : 'Make a read token at https://huggingface.co/settings/tokens and set HF_TOKEN to it.',
      ],
    },
  )

const badToken = (repo: string, detail: string): LabosError =>
  new LabosError(
    'hub.gated',
    `The hub does not accept the token in HF_TOKEN for ${repo} (HTTP 401${detail === '' ? '' : `, ${detail}`}).`,
    {
      suggestions: [
        'It may be mistyped or have expired. Make another: https://huggingface.co/settings/tokens',
        'Without HF_TOKEN what is public can be read.',
      ],
    },
  )

const unreadable = (endpoint: string, repo: string): LabosError =>
  new LabosError('network.download', `What ${endpoint} says of ${repo} lacks commit, sizes or checksums.`, {
    suggestions: ['If HF_ENDPOINT names a mirror, try without it.'],
  })
