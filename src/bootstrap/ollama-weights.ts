/** Weights that the user's own Ollama keeps: asked for over its API. */
import * as z from 'zod/mini'
import { ollamaPort } from '../engines/ollama.js'
import { LabosError } from '../errors/labos-error.js'
import type { WeightsSource } from '../plan/plan.js'
import { meter } from '../ui/meter.js'
import type { BootstrapDeps } from './deps.js'

type OllamaSource = Extract<WeightsSource, { kind: 'ollama' }>

const tags = z.object({ models: z.array(z.object({ name: z.string() })) })
const pullLine = z.object({
  status: z.exactOptional(z.string()),
  total: z.exactOptional(z.number()),
  completed: z.exactOptional(z.number()),
  error: z.exactOptional(z.string()),
})

/** Pulls the tag unless it is there. Ollama resumes by itself. Throws `ollama.unreachable`, `network.download`. */
export async function pullWithOllama(
  { tag, bytes }: OllamaSource,
  deps: BootstrapDeps,
  signal: AbortSignal,
): Promise<void> {
  const base = `http://127.0.0.1:${String(ollamaPort(deps.env['OLLAMA_HOST']))}`
  const since = deps.clock.monotonicMs()
  deps.emit({ type: 'start', step: 'weights', text: `asking Ollama for ${tag}` })
  const ask = (path: string, init: RequestInit = {}): Promise<Response> =>
    deps.fetch(`${base}${path}`, { ...init, signal }).catch((error: unknown) => {
      signal.throwIfAborted()
      throw unreachable(base, error)
    })
  const listed = tags.safeParse(await (await ask('/api/tags')).json())
  const isThere = listed.success && listed.data.models.some(({ name }) => name === tag)
  if (!isThere)
    await pull(
      await ask('/api/pull', { method: 'POST', body: JSON.stringify({ model: tag, stream: true }) }),
      tag,
      bytes,
      deps,
    )
  deps.emit({
    type: 'done',
    step: 'weights',
    text: `${tag} is in Ollama's store`,
    elapsedMs: deps.clock.monotonicMs() - since,
  })
}

async function pull(response: Response, tag: string, bytes: number, deps: BootstrapDeps): Promise<void> {
  const shown = meter('weights', bytes, deps.emit, deps.clock)
  const decoder = new TextDecoder()
  let partial = ''
  let isDone = false
  for await (const piece of response.body ?? []) {
    const lines = `${partial}${decoder.decode(piece as Uint8Array, { stream: true })}`.split('\n')
    partial = lines.pop() ?? ''
    for (const line of lines) isDone = readLine(line, tag, shown.at) || isDone
  }
  if (!readLine(partial, tag, shown.at) && !isDone) throw failed(tag, 'it ended without "success"')
}

/** True for the line that says it is done. */
function readLine(line: string, tag: string, onBytes: (done: number) => void): boolean {
  if (line.trim() === '') return false
  const { status, completed, error } = pullLine.parse(JSON.parse(line))
  if (error !== undefined) throw failed(tag, error)
  if (completed !== undefined) onBytes(completed)
  return status === 'success'
}

const unreachable = (base: string, cause: unknown): LabosError =>
  new LabosError('ollama.unreachable', `Ollama does not answer at ${base}.`, {
    suggestions: ['Start it: `ollama serve`, or its app.', 'Is it elsewhere? Set OLLAMA_HOST.'],
    cause,
  })

const failed = (tag: string, why: string): LabosError =>
  new LabosError('network.download', `Ollama could not pull ${tag}: ${why}.`, {
    suggestions: [`Try it by hand: \`ollama pull ${tag}\`.`],
  })
