/** Up the ladder until a rung gives a machine: one request a rung, each kept before it is sent. */
import { refusalKind } from '../aws-refusals.js'
import { type Ec2Calls, Ec2Refusal, NO_ANSWER, type RunRequest, type SeenMachine } from '../ec2-calls.js'
import { Cancelled } from '../provider/handler.js'
import type { Attempt, MachineInputs, Rung, Said } from '../spec.js'
import type { Intent, Intents, Time } from './intent.js'
import { lasting, nextRung, worthTelling } from './ladder.js'
import { runRequest } from './run-request.js'

export interface ClimbDeps {
  readonly ec2: Ec2Calls
  readonly intents: Intents
  readonly time: Time
  readonly signal: AbortSignal
  say(said: Said): void
}

/** Between two sweeps. */
const SWEEP_MS = 180_000
/** An answer that is lost, or a fault of AWS, is asked for again with the same token. */
const SAME_TRIES = 4
const BUSY_TRIES = 8
const PAUSE_MS = 500
const PAUSE_MOST_MS = 30_000
/** Machines of this lab that have ended and whose token EC2 still remembers. */
const GENERATIONS = 6

/** The refusal in which the ladder ended, with all that was tried. */
export class NoRung extends Error {
  override readonly name = 'NoRung'
  readonly tried: readonly Attempt[]
  readonly refusal: Ec2Refusal

  constructor(refusal: Ec2Refusal, tried: readonly Attempt[]) {
    super(refusal.message)
    this.refusal = refusal
    this.tried = tried
  }
}

/** `before`: rungs that were refused already. Throws `NoRung`, `Cancelled`. */
export async function climb(
  inputs: MachineInputs,
  before: readonly Attempt[],
  deps: ClimbDeps,
): Promise<{ readonly machine: SeenMachine; readonly rung: Rung; readonly tried: readonly Attempt[] }> {
  const sinceMs = deps.time.now()
  const refusals = new Map<string, Ec2Refusal>()
  let tried = [...before]
  const all = [...before]
  for (;;) {
    if (deps.signal.aborted) throw new Cancelled('ended before a machine was made')
    const next = nextRung(inputs.rungs, tried)
    if ('rung' in next) {
      const result = await tryRung(inputs, next.rung, deps)
      if (!(result instanceof Ec2Refusal)) return { machine: result, rung: next.rung, tried: all }
      const attempt: Attempt = { rung: next.rung, code: result.code }
      refusals.set(result.code, result)
      tried = [...tried, attempt]
      all.push(attempt)
      deps.say({ type: 'refused', ...attempt })
      continue
    }
    const isWorthWaiting = 'isCapacity' in next && next.isCapacity
    const leftMs = inputs.waitCapacityMs - (deps.time.now() - sinceMs)
    if (!isWorthWaiting || leftMs <= 0) {
      const code = ('fatal' in next ? next.fatal : worthTelling(all))?.code ?? NO_ANSWER
      throw new NoRung(refusals.get(code) ?? new Ec2Refusal(code, code, 'ec2:RunInstances'), all)
    }
    const waitMs = Math.min(SWEEP_MS, leftMs)
    deps.say({ type: 'waiting', waitMs })
    await deps.time.sleep(waitMs, deps.signal).catch(() => undefined) // cancelled: seen above
    tried = lasting(tried)
  }
}

/** Asks for what was asked for last, when no answer to it came; undefined where there is nothing to ask for. */
export async function resend(
  { labId, region }: MachineInputs,
  deps: ClimbDeps,
): Promise<{ readonly machine: SeenMachine; readonly rung: Rung } | undefined> {
  const intent = await deps.intents.last()
  if (!intent || intent.answer || intent.labId !== labId || intent.region !== region) return undefined
  const result = await send(intent, deps)
  return result instanceof Ec2Refusal || hasEnded(result) ? undefined : { machine: result, rung: intent.rung }
}

async function tryRung(inputs: MachineInputs, rung: Rung, deps: ClimbDeps): Promise<SeenMachine | Ec2Refusal> {
  deps.say({ type: 'trying', rung })
  for (let generation = 0; ; generation += 1) {
    const request = runRequest(inputs, rung, generation)
    const intent = { labId: inputs.labId, region: inputs.region, rung, request, sentAtMs: deps.time.now() }
    const result = await send(intent, deps)
    const isUsed = result instanceof Ec2Refusal ? refusalKind(result.code, '') === 'token' : hasEnded(result)
    if (!isUsed) return result
    // The token was used before, for another form of this wish: that machine, if it lives, is this lab's.
    const [found] = (await deps.ec2.machinesOf(inputs.labId)).filter((machine) => !hasEnded(machine))
    if (found) return found
    if (generation + 1 === GENERATIONS)
      return result instanceof Ec2Refusal ? result : new Ec2Refusal('IdempotentInstanceTerminated', 'ended', '')
  }
}

/** Resolves to the answer, a refusal included; rejects when there was none, which leaves the intent without an answer. */
async function send(intent: Intent, { ec2, intents, time, signal }: ClimbDeps): Promise<SeenMachine | Ec2Refusal> {
  await intents.keep(intent)
  for (let tries = 1; ; tries += 1) {
    const result = await asked(ec2, intent.request)
    const kind = result instanceof Ec2Refusal ? (refusalKind(result.code, '') ?? result.code) : undefined
    const most = kind === 'busy' ? BUSY_TRIES : kind === 'fault' || kind === NO_ANSWER ? SAME_TRIES : 1
    if (tries < most && !signal.aborted) {
      const pauseMs = Math.min(PAUSE_MOST_MS, PAUSE_MS * 2 ** (tries - 1))
      await time.sleep(pauseMs, signal).catch(() => undefined) // cancelled: tried once more, to know
      continue
    }
    if (result instanceof Ec2Refusal && (kind === NO_ANSWER || kind === 'fault')) return result
    const answer = result instanceof Ec2Refusal ? { code: result.code } : { id: result.id }
    await intents.keep({ ...intent, answer })
    return result
  }
}

const asked = (ec2: Ec2Calls, request: RunRequest): Promise<SeenMachine | Ec2Refusal> =>
  ec2.run(request).catch((error: unknown) => {
    if (error instanceof Ec2Refusal) return error
    throw error
  })

export const hasEnded = ({ state }: SeenMachine): boolean => state === 'terminated' || state === 'shutting-down'
