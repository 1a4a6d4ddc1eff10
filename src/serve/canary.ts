/** Asks something with a known answer: an engine that serves garbage is not ready. */
import * as z from 'zod/mini'
import type { ProbeDeps, ProbeEndpoint } from './probe.js'

export interface CanaryResult {
  readonly ok: boolean
  /** What the model said, or why it said nothing. */
  readonly text: string
  readonly tokensPerSecond?: number
}

const ANSWER_TOKENS = 32

const answered = z.object({
  choices: z.array(z.object({ message: z.object({ content: z.string() }) })),
  usage: z.object({ completion_tokens: z.number() }),
})

/** Greedy, so the answer is the same each time. `expect` is the source of a regular expression. */
export async function canary(
  endpoint: ProbeEndpoint,
  { prompt, expect }: { readonly prompt: string; readonly expect: string },
  { fetch, clock }: ProbeDeps,
  signal: AbortSignal,
): Promise<CanaryResult> {
  const since = clock.monotonicMs()
  const response = await fetch(`${endpoint.baseUrl}/chat/completions`, {
    method: 'POST',
    signal,
    headers: { authorization: `Bearer ${endpoint.key}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      model: endpoint.model,
      messages: [{ role: 'user', content: prompt }],
      max_tokens: ANSWER_TOKENS,
      temperature: 0,
    }),
  })
  const parsed = answered.safeParse(await response.json().catch(() => undefined))
  if (!parsed.success) return { ok: false, text: `HTTP ${String(response.status)}` }
  const text = parsed.data.choices[0]?.message.content ?? ''
  const seconds = (clock.monotonicMs() - since) / 1000
  return {
    ok: new RegExp(expect).test(text),
    text,
    ...(seconds > 0 ? { tokensPerSecond: parsed.data.usage.completion_tokens / seconds } : {}),
  }
}
