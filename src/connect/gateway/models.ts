import type { Served } from './inspect-request.js'

/** The engine's model list with the name that is shown and `max_model_len`, as vLLM has it. Unreadable lists pass as they are. */
export function completeModels(raw: string, { names }: Served, contextTokens: number): string {
  try {
    const list = JSON.parse(raw) as { data?: unknown }
    const [first] = Array.isArray(list.data) ? (list.data as unknown[]) : []
    const base = typeof first === 'object' && first !== null ? first : {}
    return JSON.stringify({
      object: 'list',
      data: [{ object: 'model', ...base, id: names[0], max_model_len: contextTokens }],
    })
  } catch {
    return raw
  }
}
