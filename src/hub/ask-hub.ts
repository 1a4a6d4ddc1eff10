/** One question to the Hugging Face hub, or to the mirror that takes its place. */
import type { DownloadDeps } from '../download/deps.js'
import { networkReason } from '../download/network-reason.js'
import { retryAfterMs } from '../download/retry-after.js'
import { stallWatch } from '../download/stall.js'
import { LabosError } from '../errors/labos-error.js'

export interface Hub {
  /** Without a slash at the end. */
  readonly endpoint: string
  readonly headers: Readonly<Record<string, string>>
  readonly hasToken: boolean
}

const PUBLIC_HUB = 'https://huggingface.co'
const TRIES = 3
/** Of a hub that answers, and says when to come back. */
const PATIENT_TRIES = 5
const REDIRECTS = 5
const STALL_MS = 60_000

export function hubOf(env: DownloadDeps['env']): Hub {
  const token = env['HF_TOKEN']
  return {
    endpoint: (env['HF_ENDPOINT'] || PUBLIC_HUB).replace(/\/+$/, ''),
    headers: {
      'user-agent': 'labos',
      'accept-encoding': 'identity',
      ...(token ? { authorization: `Bearer ${token}` } : {}),
    },
    hasToken: Boolean(token),
  }
}

export const isPublicHub = (endpoint: string): boolean => endpoint === PUBLIC_HUB

/**
 * A few tries. Redirects within the hub are followed (a renamed repository). One to elsewhere is the answer to a HEAD; for the
 * content it is followed, without the token. Throws `network.download` when the hub cannot be reached.
 */
export async function askHub(
  url: string,
  method: 'GET' | 'HEAD',
  deps: DownloadDeps,
  signal: AbortSignal,
): Promise<Response> {
  for (let attempt = 1; ; attempt += 1) {
    const answer = await followed(url, method, deps, signal)
    if (answer instanceof Response) return answer
    if (attempt >= (answer.delayMs === undefined ? TRIES : PATIENT_TRIES)) throw silent(url, answer.why)
    const delayMs = answer.delayMs ?? attempt * 1000
    deps.emit({ type: 'retry', step: 'weights', attempt: attempt + 1, reason: answer.why, delayMs })
    await deps.clock.sleep(delayMs, signal)
  }
}

interface Refused {
  readonly why: string
  /** What the hub asks for. */
  readonly delayMs?: number
}

/** Resolves to the answer, or to why another try is worth it. What the hub knows of a file is on its redirect to the storage. */
async function followed(
  url: string,
  method: 'GET' | 'HEAD',
  deps: DownloadDeps,
  signal: AbortSignal,
): Promise<Response | Refused> {
  const { headers } = hubOf(deps.env)
  const { authorization: _, ...anonymous } = headers
  const home = new URL(url).origin
  const watch = stallWatch(STALL_MS, deps.clock, signal)
  try {
    let at = url
    for (let hop = 0; hop < REDIRECTS; hop += 1) {
      const sent = new URL(at).origin === home ? headers : anonymous
      const response = await deps.fetch(at, { method, redirect: 'manual', headers: sent, signal: watch.signal })
      if (response.status === 429 || response.status >= 500) return busy(response)
      const target = new URL(response.headers.get('location') ?? at, at)
      const isDone = response.status < 300 || response.status >= 400 || response.headers.has('x-linked-etag')
      if (isDone || (method === 'HEAD' && target.origin !== home)) return response
      at = target.href
    }
    return { why: 'it redirects without end' }
  } catch (error) {
    signal.throwIfAborted()
    return { why: networkReason(error) }
  } finally {
    watch.stop()
  }
}

function busy({ status, headers }: Response): Refused {
  const delayMs = retryAfterMs(headers)
  return { why: `it answered HTTP ${String(status)}`, ...(delayMs === undefined ? {} : { delayMs }) }
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
