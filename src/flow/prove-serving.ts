/** Ready means it answers: health, model list, one token, and an answer that makes sense, all through the endpoint. */
import { LabosError } from '../errors/labos-error.js'
import { throwIfAborted } from '../errors/interrupted.js'
import { canary } from '../serve/canary.js'
import { probe, type ProbeEndpoint } from '../serve/probe.js'
import { readKey } from '../state/read.js'
import type { LocalLab } from '../state/record.js'
import { formatDuration } from '../ui/format.js'
import type { Context } from './context.js'
import { endpointOf } from './from-answer.js'
import { labStatus } from './lab-status.js'

export interface Proof {
  /** From the start of the proof to the first token through the endpoint. */
  readonly firstTokenMs: number
  /** What the model answered to the canary question. */
  readonly canaryText: string
  readonly tokensPerSecond?: number
}

const POLL_MS = 50
/** Slowest disk a load is expected from. */
const LOAD_BYTES_PER_MS = 30_000

/** Waits for the engine and proves that it serves. Throws `serving.failed` with the diagnosed cause, `serving.canary`, `deadline.passed`. */
export async function proveServing(record: LocalLab, context: Context, signal: AbortSignal): Promise<Proof> {
  const since = context.clock.monotonicMs()
  const { plan, name } = record
  const endpoint: ProbeEndpoint = {
    baseUrl: endpointOf(plan.port),
    key: readKey(context.paths, name) ?? '',
    model: plan.model.servedNames[0] ?? plan.model.id,
  }
  context.emit({ type: 'start', step: 'serving', text: `loading ${plan.model.title}` })
  await firstToken(record, endpoint, context, signal)
  const firstTokenMs = context.clock.monotonicMs() - since
  const answer = await canary(endpoint, plan.model.canary, context, signal)
  if (!answer.ok) throw nonsense(name, plan.model.canary.prompt, answer.text)
  const elapsedMs = context.clock.monotonicMs() - since
  context.emit({
    type: 'done',
    step: 'serving',
    text: `answers; first token after ${formatDuration(firstTokenMs)}`,
    elapsedMs,
  })
  return {
    firstTokenMs,
    canaryText: answer.text,
    ...(answer.tokensPerSecond === undefined ? {} : { tokensPerSecond: answer.tokensPerSecond }),
  }
}

async function firstToken(
  record: LocalLab,
  endpoint: ProbeEndpoint,
  context: Context,
  signal: AbortSignal,
): Promise<void> {
  const since = context.clock.monotonicMs()
  const deadlineMs = 120_000 + record.plan.model.weightsBytes / LOAD_BYTES_PER_MS
  for (;;) {
    throwIfAborted(signal)
    const seen = await probe(endpoint, context, signal)
    if (seen.state === 'ready') return
    await throwIfGivenUp(record, context)
    if (context.clock.monotonicMs() - since > deadlineMs) throw tooSlow(record.name, deadlineMs, seen.detail)
    await context.clock.sleep(POLL_MS, signal)
  }
}

async function throwIfGivenUp({ name, plan }: LocalLab, context: Context): Promise<void> {
  const { state, detail } = await labStatus(name, context)
  if (state !== 'failed' && state !== 'lost' && state !== 'ended') return
  throw new LabosError('serving.failed', `${plan.engine} does not serve ${plan.model.id}: ${detail ?? state}.`, {
    suggestions: [
      `Read its log: \`labos logs --name ${name}\`.`,
      `Try again: \`labos up ${plan.model.id} --name ${name}\`.`,
    ],
  })
}

const tooSlow = (name: string, deadlineMs: number, detail: string): LabosError =>
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
