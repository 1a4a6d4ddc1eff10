/** What the Hugging Face hub says of a file before it is fetched. */
import { LabosError } from '../errors/labos-error.js'
import type { WeightsSource } from '../plan/plan.js'
import type { BootstrapDeps } from './deps.js'
import { networkReason } from './network-reason.js'
import { stallWatch } from './stall.js'

type HubSource = Extract<WeightsSource, { kind: 'hub' }>

export interface HubFile {
  /** Of one commit, so that the content cannot change while it is fetched. */
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly bytes: number
  /** Of files in large-file storage, which all weights are. */
  readonly sha256: string
}

const TRIES = 3
const REDIRECTS = 5
const STALL_MS = 60_000

/** Throws `network.download`: unreachable, refused, not found, or without size and checksum. */
export async function describeHubFile(source: HubSource, deps: BootstrapDeps, signal: AbortSignal): Promise<HubFile> {
  const endpoint = (deps.env['HF_ENDPOINT'] || 'https://huggingface.co').replace(/\/+$/, '')
  const token = deps.env['HF_TOKEN']
  const headers: Record<string, string> = {
    'user-agent': 'labos',
    'accept-encoding': 'identity',
    ...(token ? { authorization: `Bearer ${token}` } : {}),
  }
  const response = await head(urlOf(endpoint, source, source.revision), headers, deps, signal)
  refuse(response, source, endpoint, token !== undefined && token !== '')
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

/** A few tries: the hub is asked once, before anything is there that a user could lose. */
async function head(
  url: string,
  headers: Readonly<Record<string, string>>,
  deps: BootstrapDeps,
  signal: AbortSignal,
): Promise<Response> {
  for (let attempt = 1; ; attempt += 1) {
    const answer = await followed(url, headers, deps, signal)
    if (typeof answer !== 'string') return answer
    if (attempt === TRIES) throw unreachable(url, answer)
    const delayMs = attempt * 1000
    deps.emit({ type: 'retry', step: 'weights', attempt: attempt + 1, reason: answer, delayMs })
    await deps.clock.sleep(delayMs, signal)
  }
}

/**
 * The hub answers with a redirect to its storage, and what it knows of the file is on that redirect: it is not followed. A
 * renamed repository redirects within the hub first. Resolves to the answer, or to why another try is worth it.
 */
async function followed(
  url: string,
  headers: Readonly<Record<string, string>>,
  deps: BootstrapDeps,
  signal: AbortSignal,
): Promise<Response | string> {
  const watch = stallWatch(STALL_MS, deps.clock, signal)
  try {
    let at = url
    for (let hop = 0; hop < REDIRECTS; hop += 1) {
      const response = await deps.fetch(at, { method: 'HEAD', redirect: 'manual', headers, signal: watch.signal })
      if (response.status === 429 || response.status >= 500) return `it answered HTTP ${String(response.status)}`
      const target = new URL(response.headers.get('location') ?? at, at)
      const isDone = response.status < 300 || response.status >= 400 || response.headers.has('x-linked-etag')
      if (isDone || target.origin !== new URL(at).origin) return response
      at = target.href
    }
    return 'it redirects without end'
  } catch (error) {
    signal.throwIfAborted()
    return networkReason(error)
  } finally {
    watch.stop()
  }
}

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

/** After tries enough. What came so far is kept. */
export const unreachable = (url: string, why: string): LabosError =>
  new LabosError('network.download', `Downloading ${url} failed: ${why}.`, {
    suggestions: [
      'Check the connection and run the same command again: it goes on where it stopped.',
      'Behind a proxy: set HTTPS_PROXY. With a mirror of the hub: set HF_ENDPOINT to it.',
    ],
  })
