/** One question to the Hugging Face hub, or to the mirror that takes its place. */
import type { DownloadDeps } from '../download/deps.js'
import { networkReason } from '../download/network-reason.js'
import { stallWatch } from '../download/stall.js'
import { LabosError } from '../errors/labos-error.js'

export interface Hub {
  /** Without a slash at the end. */
  readonly endpoint: string
  readonly headers: Readonly<Record<string, string>>
  readonly hasToken: boolean
}

const TRIES = 3
const REDIRECTS = 5
const STALL_MS = 60_000

export function hubOf(env: DownloadDeps['env']): Hub {
  const token = env['HF_TOKEN']
  return {
    endpoint: (env['HF_ENDPOINT'] || 'https://huggingface.co').replace(/\/+$/, ''),
    headers: {
      'user-agent': 'labos',
      'accept-encoding': 'identity',
      ...(token ? { authorization: `Bearer ${token}` } : {}),
    },
    hasToken: Boolean(token),
  }
}

/**
 * A few tries. Redirects within the hub are followed (a renamed repository); one to elsewhere is the answer, so the token
 * never goes there. Throws `network.download` when the hub cannot be reached.
 */
export async function askHub(
  url: string,
  method: 'GET' | 'HEAD',
  deps: DownloadDeps,
  signal: AbortSignal,
): Promise<Response> {
  for (let attempt = 1; ; attempt += 1) {
    const answer = await followed(url, method, deps, signal)
    if (typeof answer !== 'string') return answer
    if (attempt === TRIES) throw silent(url, answer)
    const delayMs = attempt * 1000
    deps.emit({ type: 'retry', step: 'weights', attempt: attempt + 1, reason: answer, delayMs })
    await deps.clock.sleep(delayMs, signal)
  }
}

/** Resolves to the answer, or to why another try is worth it. What the hub knows of a file is on its redirect to the storage. */
async function followed(
  url: string,
  method: 'GET' | 'HEAD',
  deps: DownloadDeps,
  signal: AbortSignal,
): Promise<Response | string> {
  const { headers } = hubOf(deps.env)
  const watch = stallWatch(STALL_MS, deps.clock, signal)
  try {
    let at = url
    for (let hop = 0; hop < REDIRECTS; hop += 1) {
      const response = await deps.fetch(at, { method, redirect: 'manual', headers, signal: watch.signal })
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

const silent = (url: string, why: string): LabosError =>
  new LabosError(
    'network.download',
    `${new URL(url).origin} could not be asked for ${new URL(url).pathname}: ${why}.`,
    {
      suggestions: [
        'Check the connection and run the same command again: what is there already is kept.',
        'Behind a proxy: set HTTPS_PROXY. With a mirror of the hub: set HF_ENDPOINT to it.',
      ],
    },
  )
