/** Does the endpoint really serve? Health, model list and one token, all through the path a client takes. */
import * as z from 'zod/mini'
import type { Clock, Fetch } from '../ports.js'
import { question } from './question.js'

export interface ProbeEndpoint {
  /** Ends in `/v1`. */
  readonly baseUrl: string
  readonly key: string
  readonly model: string
  /** What the model takes; a base model knows no chat. Absent = `chat`. */
  readonly asks?: 'chat' | 'completion'
}

export interface ProbeDeps {
  readonly fetch: Fetch
  readonly clock: Clock
}

export type ProbeResult =
  { readonly state: 'ready' } | { readonly state: 'starting' | 'failed'; readonly detail: string }

const modelList = z.object({ data: z.array(z.object({ id: z.string() })) })
const completion = z.object({ usage: z.object({ completion_tokens: z.number() }) })

/** `starting` may change by itself, `failed` will not. Rejects only when the signal aborts. */
export async function probe(endpoint: ProbeEndpoint, { fetch }: ProbeDeps, signal: AbortSignal): Promise<ProbeResult> {
  const headers = { authorization: `Bearer ${endpoint.key}`, 'content-type': 'application/json' }
  const ask = async (url: string, init: RequestInit = {}): Promise<{ status: number; body: unknown }> => {
    const response = await fetch(url, { ...init, headers, signal })
    return { status: response.status, body: await response.json().catch(() => undefined) }
  }
  try {
    const health = await ask(endpoint.baseUrl.replace(/\/v1$/, '/health'))
    if (health.status !== 200)
      return { state: 'starting', detail: messageOf(health.body) ?? `health answers ${String(health.status)}` }
    const models = await ask(`${endpoint.baseUrl}/models`)
    const listed = modelList.safeParse(models.body)
    if (!listed.success || !listed.data.data.some(({ id }) => id === endpoint.model)) {
      return { state: 'failed', detail: `the model list lacks ${endpoint.model}` }
    }
    const { url, body } = question(endpoint, 'Hi', 1)
    const token = await ask(url, { method: 'POST', body })
    const said = completion.safeParse(token.body)
    if (said.success && said.data.usage.completion_tokens > 0) return { state: 'ready' }
    return {
      state: token.status === 503 ? 'starting' : 'failed',
      detail: messageOf(token.body) ?? `no token, HTTP ${String(token.status)}`,
    }
  } catch (error) {
    if (signal.aborted) throw signal.reason
    return { state: 'starting', detail: error instanceof Error ? error.message : String(error) }
  }
}

const errorBody = z.object({ error: z.object({ message: z.string() }) })

function messageOf(body: unknown): string | undefined {
  const parsed = errorBody.safeParse(body)
  return parsed.success ? parsed.data.error.message : undefined
}
