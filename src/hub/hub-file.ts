/** What the Hugging Face hub says of a file before it is fetched. */
import { LabosError } from '../errors/labos-error.js'
import type { WeightsSource } from '../plan/plan.js'
import type { DownloadDeps } from '../download/deps.js'
import { unreachable } from '../download/unreachable.js'
import { askHub, hubOf } from './ask-hub.js'

type HubSource = Extract<WeightsSource, { kind: 'hub' }>

export interface HubFile {
  /** Of one commit, so that the content cannot change while it is fetched. */
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly bytes: number
  /** Of files in large-file storage, which all weights are. */
  readonly sha256: string
}

/** Throws `network.download`: unreachable, refused, not found, or without size and checksum. */
export async function describeHubFile(source: HubSource, deps: DownloadDeps, signal: AbortSignal): Promise<HubFile> {
  const { endpoint, headers, hasToken } = hubOf(deps.env)
  const response = await askHub(urlOf(endpoint, source, source.revision), 'HEAD', deps, signal)
  refuse(response, source, endpoint, hasToken)
  const sha256 = response.headers.get('x-linked-etag')?.replace(/^W\//, '').replaceAll('"', '') ?? ''
  const bytes = Number(response.headers.get('x-linked-size'))
  if (!/^[0-9a-f]{64}$/.test(sha256) || !(bytes > 0))
    throw failed(source, endpoint, 'the answer lacks the file’s size and checksum', [
      'If HF_ENDPOINT names a mirror, try without it.',
    ])
  const commit = response.headers.get('x-repo-commit') ?? source.revision
  return { url: urlOf(endpoint, source, commit), headers, bytes, sha256 }
}

const urlOf = (endpoint: string, { repo, file }: HubSource, revision: string): string =>
  `${endpoint}/${repo}/resolve/${encodeURIComponent(revision)}/${file.split('/').map(encodeURIComponent).join('/')}`

function refuse({ status, headers }: Response, source: HubSource, endpoint: string, hasToken: boolean): void {
  const { repo, revision, file } = source
  const detail = headers.get('x-error-message') ?? headers.get('x-error-code')
  if (status === 401 || status === 403) {
    throw failed(
      source,
      endpoint,
      `the hub refuses access to ${repo} (HTTP ${String(status)}${detail === null ? '' : `, ${detail}`})`,
      [
        `Accept the terms of ${repo} at https://huggingface.co/${repo}.`,
        hasToken
          ? 'Set HF_TOKEN to a token that may read it: https://huggingface.co/settings/tokens'
          : 'Make a read token at https://huggingface.co/settings/tokens and set HF_TOKEN to it.',
      ],
    )
  }
  if (status === 404) {
    throw failed(source, endpoint, `there is no ${file} at ${revision} of ${repo} (HTTP 404)`, [
      'The repository may have changed: update labos.',
      'If HF_ENDPOINT names a mirror, try without it.',
    ])
  }
  if (status >= 400) throw unreachable(`${endpoint}/${repo}`, `it answered HTTP ${String(status)}`)
}

const failed = (
  { file }: HubSource,
  endpoint: string,
  why: string,
  suggestions: readonly [string, ...string[]],
): LabosError =>
  new LabosError('network.download', `${file} cannot be fetched from ${endpoint}: ${why}.`, { suggestions })
