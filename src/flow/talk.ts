/** Talking to a lab's endpoint: one streamed request, its text piece by piece. */
import { createParser } from 'eventsource-parser'
import * as z from 'zod/mini'
import { LabosError } from '../errors/labos-error.js'
import type { Clock, Fetch } from '../ports.js'
import type { Emit } from '../ui/events.js'
import type { EndpointAccess } from './endpoint-access.js'

export interface Talk {
  readonly path: '/chat/completions' | '/completions'
  readonly body: Readonly<Record<string, unknown>>
  readonly onText: (piece: string) => void
}

/** Public shape of `labos chat --json` and `labos complete --json`. */
export interface Answer {
  readonly text: string
  readonly finishReason?: string
  readonly usage?: { readonly promptTokens: number; readonly completionTokens: number }
  readonly firstTokenMs?: number
  readonly elapsedMs: number
}

const chunk = z.object({
  choices: z.exactOptional(
    z.array(
      z.object({
        delta: z.exactOptional(z.object({ content: z.optional(z.nullable(z.string())) })),
        text: z.exactOptional(z.string()),
        finish_reason: z.optional(z.nullable(z.string())),
      }),
    ),
  ),
  usage: z.optional(z.nullable(z.object({ prompt_tokens: z.number(), completion_tokens: z.number() }))),
  error: z.optional(z.object({ message: z.string() })),
})

export interface TalkDeps {
  readonly fetch: Fetch
  readonly clock: Clock
  readonly emit: Emit
}

/** Longer silence is said: a model that is busy, or an endpoint that hangs. */
const SILENT_MS = 5000

/** Throws `endpoint.unreachable` when nobody answers, `endpoint.refused` with what the endpoint says. */
export async function talk(lab: EndpointAccess, wish: Talk, deps: TalkDeps, signal: AbortSignal): Promise<Answer> {
  const { clock } = deps
  const since = clock.monotonicMs()
  const response = await saidIfSilent(lab, deps, () => post(lab, wish, deps.fetch, signal))
  let answer: Omit<Answer, 'elapsedMs'> = { text: '' }
  const parser = createParser({
    onEvent: ({ data }) => {
      if (data === '[DONE]') return
      const said = chunk.safeParse(JSON.parse(data))
      if (!said.success) return
      if (said.data.error) throw refused(lab.name, said.data.error.message)
      const piece = pieceOf(said.data)
      if (piece !== '') wish.onText(piece)
      answer = add(answer, said.data, piece, clock.monotonicMs() - since)
    },
  })
  const decoder = new TextDecoder()
  try {
    for await (const bytes of response.body ?? []) parser.feed(decoder.decode(bytes as Uint8Array, { stream: true }))
  } catch (error) {
    if (signal.aborted) throw signal.reason
    throw error instanceof LabosError ? error : unreachable(lab, 'the answer broke off', error)
  }
  return { ...answer, elapsedMs: clock.monotonicMs() - since }
}

type Chunk = z.infer<typeof chunk>

const pieceOf = ({ choices }: Chunk): string => choices?.[0]?.delta?.content ?? choices?.[0]?.text ?? ''

function add(
  answer: Omit<Answer, 'elapsedMs'>,
  { choices, usage }: Chunk,
  piece: string,
  nowMs: number,
): Omit<Answer, 'elapsedMs'> {
  const finishReason = choices?.[0]?.finish_reason
  return {
    ...answer,
    text: answer.text + piece,
    ...(piece !== '' && answer.firstTokenMs === undefined ? { firstTokenMs: nowMs } : {}),
    ...(finishReason ? { finishReason } : {}),
    ...(usage ? { usage: { promptTokens: usage.prompt_tokens, completionTokens: usage.completion_tokens } } : {}),
  }
}

async function saidIfSilent<T>(
  { baseUrl }: EndpointAccess,
  { clock, emit }: TalkDeps,
  work: () => Promise<T>,
): Promise<T> {
  const answered = new AbortController()
  const say = (): void => emit({ type: 'note', text: `no answer from ${baseUrl} yet; waiting, until Ctrl-C` })
  clock.sleep(SILENT_MS, answered.signal).then(say, () => undefined)
  try {
    return await work()
  } finally {
    answered.abort()
  }
}

async function post(lab: EndpointAccess, { path, body }: Talk, fetch: Fetch, signal: AbortSignal): Promise<Response> {
  const response = await fetch(`${lab.baseUrl}${path}`, {
    method: 'POST',
    signal,
    headers: { 'content-type': 'application/json', authorization: `Bearer ${lab.key}` },
    body: JSON.stringify({ model: lab.model, stream: true, stream_options: { include_usage: true }, ...body }),
  }).catch((error: unknown) => {
    if (signal.aborted) throw signal.reason
    throw unreachable(lab, 'nobody listens there', error)
  })
  if (response.ok) return response
  const said = chunk.safeParse(await response.json().catch(() => ({})))
  throw refused(lab.name, said.data?.error?.message ?? `HTTP ${String(response.status)}`)
}

const unreachable = (lab: EndpointAccess, why: string, cause: unknown): LabosError =>
  new LabosError('endpoint.unreachable', `${lab.baseUrl} does not answer: ${why}.`, {
    suggestions: [`See how the lab is: \`labos status ${lab.name}\`.`, `Bring it up again: \`${lab.reopen}\`.`],
    cause,
  })

const refused = (name: string, message: string): LabosError =>
  new LabosError('endpoint.refused', `The endpoint refused: ${message}`, {
    suggestions: [`See how the lab is: \`labos status ${name}\`.`, `Its log: \`labos logs --name ${name}\`.`],
  })
