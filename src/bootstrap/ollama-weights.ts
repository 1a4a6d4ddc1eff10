/** Weights that the user's own Ollama keeps: asked for over its API. */
import * as z from 'zod/mini'
import { isRemoteOllama, ollamaPort } from '../engines/ollama.js'
import { LabosError } from '../errors/labos-error.js'
import type { WeightsSource } from '../plan/plan.js'
import { formatBytes, formatDuration } from '../ui/format.js'
import { meter, type Meter } from '../ui/meter.js'
import type { BootstrapDeps } from './deps.js'
import { networkReason } from '../download/network-reason.js'
import { stallWatch, type StallWatch } from '../download/stall.js'
import { inStep } from './step.js'

type OllamaSource = Extract<WeightsSource, { kind: 'ollama' }>

const tagList = z.object({ models: z.array(z.object({ name: z.string() })) })
const pullLine = z.object({
  status: z.exactOptional(z.string()),
  digest: z.exactOptional(z.string()),
  total: z.exactOptional(z.number()),
  completed: z.exactOptional(z.number()),
  error: z.exactOptional(z.string()),
})

/** Longer than for other downloads: Ollama is silent while it checks what it fetched. */
const STALL_MS = 300_000

/** Pulls the tag unless it is there. Ollama resumes by itself. Throws `ollama.unreachable`, `network.download`. */
export async function pullWithOllama(source: OllamaSource, deps: BootstrapDeps, signal: AbortSignal): Promise<void> {
  const host = deps.env['OLLAMA_HOST']
  if (isRemoteOllama(host)) throw remote(host ?? '')
  const base = `http://127.0.0.1:${String(ollamaPort(deps.env['OLLAMA_HOST']))}`
  await inStep('weights', `asking Ollama for ${source.tag}`, deps, signal, async () => {
    const watch = stallWatch(STALL_MS, deps.clock, signal)
    try {
      if (await isPulled(base, source.tag, deps, watch.signal))
        return { value: undefined, text: `${source.tag}, in Ollama already` }
      const sinceMs = deps.clock.monotonicMs()
      const bytes = await pull(base, source, deps, watch)
      const tookMs = deps.clock.monotonicMs() - sinceMs
      return { value: undefined, text: `${source.tag}, ${formatBytes(bytes)} in ${formatDuration(tookMs)}` }
    } catch (error) {
      signal.throwIfAborted()
      if (watch.isStalled()) throw failed(source.tag, `it said nothing for ${formatDuration(STALL_MS)}`)
      throw error
    } finally {
      watch.stop()
    }
  })
}

async function isPulled(base: string, tag: string, { fetch }: BootstrapDeps, signal: AbortSignal): Promise<boolean> {
  const answer = await ask(fetch, `${base}/api/tags`, { signal })
  const listed = tagList.safeParse(await answer.json().catch(() => undefined))
  if (!answer.ok || !listed.success)
    throw unreachable(base, `what answers there is not Ollama (HTTP ${String(answer.status)})`)
  const full = tag.includes(':') ? tag : `${tag}:latest`
  return listed.data.models.some(({ name }) => name === full)
}

async function ask(fetch: BootstrapDeps['fetch'], url: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, init)
  } catch (error) {
    init.signal?.throwIfAborted()
    throw unreachable(new URL(url).origin, networkReason(error))
  }
}

/** Resolves to the bytes that Ollama fetched. */
async function pull(
  base: string,
  { tag, bytes }: OllamaSource,
  deps: BootstrapDeps,
  watch: StallWatch,
): Promise<number> {
  const body = JSON.stringify({ model: tag, stream: true })
  const answer = await ask(deps.fetch, `${base}/api/pull`, { method: 'POST', body, signal: watch.signal })
  const layers = new Map<string, number>()
  const shown = meter('weights', bytes, deps.emit, deps.clock)
  for await (const line of linesOf(answer, tag, watch)) {
    if (read(line, tag, layers, shown)) return sum(layers)
  }
  throw failed(tag, `it ended without saying that it is done (HTTP ${String(answer.status)})`)
}

async function* linesOf(answer: Response, tag: string, watch: StallWatch): AsyncGenerator<string> {
  const body: AsyncIterable<Uint8Array> | null = answer.body
  const decoder = new TextDecoder()
  let partial = ''
  try {
    if (!body) return
    for await (const piece of body) {
      watch.touch()
      const lines = `${partial}${decoder.decode(piece, { stream: true })}`.split('\n')
      partial = lines.pop() ?? ''
      yield* lines
    }
  } catch (error) {
    watch.signal.throwIfAborted()
    throw failed(tag, networkReason(error))
  }
  yield partial
}

/** True for the line that says it is done. Each layer of a model counts for itself. */
function read(line: string, tag: string, layers: Map<string, number>, shown: Meter): boolean {
  if (line.trim() === '') return false
  const { status, digest, completed, error } = parse(line, tag)
  if (error !== undefined) throw failed(tag, error)
  if (digest !== undefined && completed !== undefined) layers.set(digest, completed)
  if (layers.size > 0) shown.at(sum(layers))
  return status === 'success'
}

function parse(line: string, tag: string): z.infer<typeof pullLine> {
  try {
    return pullLine.parse(JSON.parse(line))
  } catch {
    throw failed(tag, `it said ${JSON.stringify(line.slice(0, 100))}`)
  }
}

const sum = (layers: ReadonlyMap<string, number>): number => [...layers.values()].reduce((all, bytes) => all + bytes, 0)

const unreachable = (base: string, why: string): LabosError =>
  new LabosError('ollama.unreachable', `Ollama does not answer at ${base}: ${why}.`, {
    suggestions: ['Start it: `ollama serve`, or its app.', 'Is it on another port? Set OLLAMA_HOST.'],
  })

const failed = (tag: string, why: string): LabosError =>
  new LabosError('network.download', `Ollama could not pull ${tag}: ${why}.`, {
    suggestions: [
      'Run the same command again: Ollama keeps what came so far.',
      `Or try it by hand: \`ollama pull ${tag}\`.`,
    ],
  })

const remote = (host: string): LabosError =>
  new LabosError(
    'ollama.unreachable',
    `OLLAMA_HOST names another computer (${host}); the local provider uses this one's Ollama.`,
    {
      suggestions: ['Unset OLLAMA_HOST, or set it to a port of this computer: `OLLAMA_HOST=127.0.0.1:11434`.'],
    },
  )
