import type { ProbeEndpoint } from './probe.js'

/** A question as the model takes one, greedy: the answer is the same each time. */
export function question(
  { baseUrl, model, asks = 'chat' }: Pick<ProbeEndpoint, 'baseUrl' | 'model' | 'asks'>,
  prompt: string,
  maxTokens: number,
): { readonly url: string; readonly body: string } {
  const wish = asks === 'chat' ? { messages: [{ role: 'user', content: prompt }] } : { prompt }
  return {
    url: `${baseUrl}${asks === 'chat' ? '/chat/completions' : '/completions'}`,
    body: JSON.stringify({ model, ...wish, max_tokens: maxTokens, temperature: 0 }),
  }
}
