/** Ready means it answers: health, model list, one token, and an answer that makes sense, all through the endpoint. */
import { codeOr } from '../errors/codes.js'
import { LabosError } from '../errors/labos-error.js'
import { throwIfAborted } from '../errors/interrupted.js'
import { canary } from '../serve/canary.js'
import { probe, type ProbeEndpoint } from '../serve/probe.js'
import { readKey } from '../state/read.js'
import { formatDuration } from '../ui/format.js'
import { clause } from '../ui/text.js'
import type { Context } from './context.js'
import { endpointOf } from './from-answer.js'
import { labStatus, type LabStatus } from './lab-status.js'
import type { Proving } from './proving.js'

export interface Proof {
  /** From the start of the proof to the first token through the endpoint. */
  readonly firstTokenMs: number
  /** What the model answered to the canary question; absent where there is none. */
  readonly canaryText?: string
  readonly tokensPerSecond?: number
}

const SHORTEST_POLL_MS = 50
const LONGEST_POLL_MS = 1000

/**
 * Waits for the engine and proves that it serves. Throws `serving.failed` with the diagnosed cause, `serving.canary`,
 * `deadline.passed`, and for a machine whose path has failed what it failed with.
 */
export async function proveServing(what: Proving, context: Context, signal: AbortSignal): Promise<Proof> {
  const since = context.clock.monotonicMs()
  const { name, model, asks } = what
  const endpoint = { baseUrl: endpointOf(what.port), key: readKey(context.paths, name) ?? '', model, asks }
  context.emit({ type: 'start', step: 'serving', text: `loading ${what.title}` })
  await firstToken(what, endpoint, context, signal)
  const firstTokenMs = context.clock.monotonicMs() - since
  const answer = what.canary ? await canary(endpoint, what.canary, context, signal) : undefined
  if (what.canary && answer?.ok === false) throw nonsense(name, what.canary.prompt, answer.text)
  const elapsedMs = context.clock.monotonicMs() - since
  context.emit({
    type: 'done',
    step: 'serving',
    text: `answers; first token after ${formatDuration(firstTokenMs)}`,
    elapsedMs,
  })
  return {
    firstTokenMs,
    ...(answer ? { canaryText: answer.text } : {}),
    ...(answer?.tokensPerSecond === undefined ? {} : { tokensPerSecond: answer.tokensPerSecond }),
  }
}

async function firstToken(
  what: Proving,
  endpoint: ProbeEndpoint,
  context: Context,
  signal: AbortSignal,
): Promise<void> {
  const since = context.clock.monotonicMs()
  for (;;) {
    throwIfAborted(signal)
    const seen = await probe(endpoint, context, signal)
    if (seen.state === 'ready') return
    throwIfGivenUp(what, await labStatus(what.name, context))
    const elapsedMs = context.clock.monotonicMs() - since
    if (elapsedMs > what.deadlineMs) throw tooSlow(what, seen.detail)
    await context.clock.sleep(Math.min(LONGEST_POLL_MS, Math.max(SHORTEST_POLL_MS, elapsedMs / 50)), signal)
  }
}

const GIVEN_UP: ReadonlySet<LabStatus['state']> = new Set(['failed', 'lost', 'ended', 'stopped'])

function throwIfGivenUp({ name, modelId, engine }: Proving, { state, detail, path }: LabStatus): void {
  if (!GIVEN_UP.has(state)) return
  const code = codeOr(path?.state === 'failed' ? path.code : undefined, 'serving.failed')
  throw new LabosError(code, `${engine} does not serve ${modelId}: ${clause(detail ?? state)}.`, {
    suggestions: [`Read its log: \`labos logs --name ${name}\`.`, `Try again: \`labos up ${modelId} --name ${name}\`.`],
  })
}

const tooSlow = ({ name, deadlineMs }: Proving, detail: string): LabosError =>
  new LabosError('deadline.passed', `The engine did not serve within ${formatDuration(deadlineMs)} (${detail}).`, {
    suggestions: [`Read its log: \`labos logs --name ${name}\`.`],
  })

const nonsense = (name: string, prompt: string, text: string): LabosError =>
  new LabosError('serving.canary', `Asked "${prompt}", the model answered: ${JSON.stringify(text.slice(0, 200))}.`, {
    suggestions: [
      'The weights or the engine are damaged: `labos down --purge`, then `labos up` again.',
      `Its log: \`labos logs --name ${name}\`.`,
    ],
  })
