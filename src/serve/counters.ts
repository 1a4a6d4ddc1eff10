import type { Engine } from '../engines/engine.js'

export interface TokenCounters {
  readonly prompt: number
  readonly generated: number
}

/** The engine's own token counters out of its `/metrics` text (Prometheus format, labels summed); undefined where it has none. */
export function tokenCounters(metrics: Engine['metrics'], text: string): TokenCounters | undefined {
  if (!metrics) return undefined
  const prompt = sumOf(metrics.promptTokens, text)
  const generated = sumOf(metrics.generatedTokens, text)
  return prompt === undefined || generated === undefined ? undefined : { prompt, generated }
}

function sumOf(name: string, text: string): number | undefined {
  const values = text
    .split('\n')
    .filter((line) => line.startsWith(`${name} `) || line.startsWith(`${name}{`))
    .map((line) => Number(line.slice(line.lastIndexOf(' ') + 1)))
  return values.length === 0 || values.some(Number.isNaN) ? undefined : values.reduce((sum, value) => sum + value, 0)
}
