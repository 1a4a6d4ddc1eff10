/** Up the ladder until a rung gives a machine: one request a rung, each kept before it is sent. */
import { refusalKind } from '../aws-refusals.js'
import { Ec2Refusal, NO_ANSWER, type SeenMachine } from '../ec2-calls.js'
import { Cancelled } from '../provider/handler.js'
import type { Attempt, MachineInputs, Rung, Said } from '../spec.js'
import { lasting, nextRung, worthTelling } from './ladder.js'
import { runRequest } from './run-request.js'
import { type Outcome, send, type SendDeps } from './send.js'

export interface ClimbDeps extends SendDeps {
  say(said: Said): void
}

/** How far one create has got. */
export interface Progress {
  /** Every refusal, in order. */
  readonly all: Attempt[]
  /** Those of this sweep, and those that time does not mend. */
  sweep: Attempt[]
  readonly refusals: Map<string, Ec2Refusal>
  /** When there are no more sweeps. */
  readonly untilMs: number
}

export interface Found {
  readonly machine: SeenMachine
  readonly rung: Rung
}

/** Between two sweeps. */
const SWEEP_MS = 180_000
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

export const newProgress = (untilMs: number): Progress => ({ all: [], sweep: [], refusals: new Map(), untilMs })

/** Notes that a rung gave no machine, or one that ended while it started. */
export function refused(progress: Progress, rung: Rung, refusal: Ec2Refusal, { say }: ClimbDeps): void {
  const attempt: Attempt = { rung, code: refusal.code }
  progress.all.push(attempt)
  progress.sweep.push(attempt)
  progress.refusals.set(refusal.code, refusal)
  say({ type: 'refused', ...attempt })
}

/** Goes on where `progress` stands. Throws `NoRung`, `Cancelled`. */
export async function climb(inputs: MachineInputs, progress: Progress, deps: ClimbDeps): Promise<Found> {
  for (;;) {
    throwIfCancelled(deps)
    const next = nextRung(inputs.rungs, progress.sweep)
    if ('rung' in next) {
      const result = await tryRung(inputs, next.rung, deps)
      if ('machine' in result) return { machine: result.machine, rung: next.rung }
      refused(progress, next.rung, result.refusal, deps)
      if (result.isOpen) throw new NoRung(result.refusal, progress.all)
      continue
    }
    const leftMs = progress.untilMs - deps.time.now()
    if ('fatal' in next || !next.isCapacity || leftMs <= 0)
      throw spent(progress, 'fatal' in next ? next.fatal : worthTelling(progress.all))
    const waitMs = Math.min(SWEEP_MS, leftMs)
    deps.say({ type: 'waiting', waitMs })
    await deps.time.sleep(waitMs, deps.signal).catch(() => undefined) // cancelled: seen above
    progress.sweep = lasting(progress.sweep)
  }
}

function spent({ refusals, all }: Progress, told: Attempt | undefined): NoRung {
  const code = told?.code ?? NO_ANSWER
  return new NoRung(refusals.get(code) ?? new Ec2Refusal(code, code, 'ec2:RunInstances'), all)
}

/**
 * Asks for what was asked for last, when no answer to it came; undefined where there is nothing to ask for, or it was not
 * given. Throws `NoRung` while that is not known, `Cancelled`.
 */
export async function resend({ labId, region }: MachineInputs, deps: ClimbDeps): Promise<Found | undefined> {
  const intent = await deps.intents.last()
  if (!intent || intent.answer || intent.labId !== labId || intent.region !== region) return undefined
  throwIfCancelled(deps)
  const { rung } = intent
  const result = await send(intent, deps, true)
  if ('machine' in result) return hasEnded(result.machine) ? undefined : { machine: result.machine, rung }
  if (result.isOpen) throw new NoRung(result.refusal, [{ rung, code: result.refusal.code }])
  return undefined
}

async function tryRung(inputs: MachineInputs, rung: Rung, deps: ClimbDeps): Promise<Outcome> {
  deps.say({ type: 'trying', rung })
  for (let generation = 0; ; generation += 1) {
    const request = runRequest(inputs, rung, generation)
    const intent = { labId: inputs.labId, region: inputs.region, rung, request, sentAtMs: deps.time.now() }
    const result = await send(intent, deps)
    const isUsed = 'machine' in result ? hasEnded(result.machine) : refusalKind(result.refusal.code, '') === 'token'
    if (!isUsed) return result
    // The token was used before, for another form of this wish: that machine, if it lives, is this lab's.
    const [machine] = (await deps.ec2.machinesOf(inputs.labId)).filter((each) => !hasEnded(each))
    if (machine) return { machine }
    if (generation + 1 < GENERATIONS) continue
    const refusal = 'refusal' in result ? result.refusal : new Ec2Refusal('IdempotentInstanceTerminated', 'ended', '')
    return { refusal, isOpen: false }
  }
}

function throwIfCancelled({ signal }: ClimbDeps): void {
  if (signal.aborted) throw new Cancelled('ended before a machine was made')
}

export const hasEnded = ({ state }: SeenMachine): boolean => state === 'terminated' || state === 'shutting-down'
