/** Asks something with a known answer: an engine that serves garbage is not ready. */
import * as z from 'zod/mini'
import type { ProbeDeps, ProbeEndpoint } from './probe.js'
import { question } from './question.js'

export interface CanaryResult {
  readonly ok: boolean
  /** What the model said, or why it said nothing. */
  readonly text: string
  readonly tokensPerSecond?: number
}

const ANSWER_TOKENS = 32

const answered = z.object({
  choices: z.array(z.union([z.object({ message: z.object({ content: z.string() }) }), z.object({ text: z.string() })])),
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
  const { url, body } = question(endpoint, prompt, ANSWER_TOKENS)
  const headers = { authorization: `Bearer ${endpoint.key}`, 'content-type': 'application/json' }
  const response = await fetch(url, { method: 'POST', signal, headers, body })
  const parsed = answered.safeParse(await response.json().catch(() => undefined))
  if (!parsed.success) return { ok: false, text: `HTTP ${String(response.status)}` }
  const [choice] = parsed.data.choices
  const text = choice === undefined ? '' : 'text' in choice ? choice.text : choice.message.content
  const seconds = (clock.monotonicMs() - since) / 1000
  return {
    ok: new RegExp(expect).test(text),
    text,
    ...(seconds > 0 ? { tokensPerSecond: parsed.data.usage.completion_tokens / seconds } : {}),
  }
}
