import { LabosError } from '../errors/labos-error.js'
import { TAGS } from '../plan/aws/tags.js'
import type { RentedLab } from '../state/record.js'
import { saveLab } from '../state/store.js'
import { formatUsdOr } from '../ui/format.js'
import { awaitState } from './await-state.js'
import type { Context } from './context.js'
import { endpointOf } from './from-answer.js'
import type { Proof } from './prove-serving.js'
import { type HeldLab, withMachineOf } from './rented-lab.js'
import { costOfLab, ratesOfLab, withMachine } from './rented-record.js'
import { refuseOrphan } from './run/orphan.js'
import { serveAgain, type ServedAgain, type ServeAgainWish } from './serve-again.js'
import { stillRuns } from './still-runs.js'

export interface StartRequest extends ServeAgainWish {
  readonly name?: string
  /** From now; absent = as its plan says. */
  readonly ttlMs?: number
}

/** Public: `labos start --json` prints it. */
export interface Started {
  readonly name: string
  readonly outcome: 'started' | 'already-running'
  readonly machine: string
  readonly address: string | null
  /** Null: nothing is to be served on it. */
  readonly endpoint: string | null
  /** The model answers there. */
  readonly isServing: boolean
  /** What the proof of that measured; absent where it served already. */
  readonly proof?: Proof
  readonly endsAt: string | null
  readonly usdPerHour: number | null
  /** In all, by the end. */
  readonly usdUntilEnd: number | null
}

const STOP_MS = 15 * 60_000
const START_MS = 10 * 60_000

/**
 * Starts the stopped machine of a rented lab with a new deadline, which is on the machine before it starts, and goes on as `up`
 * does until the model answers, where one is to be served. What fails then leaves the machine running. Throws `capacity.none`
 * and `quota.vcpu`, after which it is stopped as before, `machine.gone`, `machine.failed`, `lab.differs` for a lab whose `labos
 * run` is gone, `usage.value` for a lab on this computer, what asking AWS throws, and what `up` throws.
 */
export const start = (request: StartRequest, context: Context, signal: AbortSignal): Promise<Started> =>
  withMachineOf('start', request.name, context, signal, async (held) => {
    await refuseOrphan(held.record, context)
    const { state } = held.machine
    const outcome = state === 'running' || state === 'pending' ? 'already-running' : 'started'
    const record = await running(request, held, context, signal)
    const served = await reached(record, () => serveAgain(record, outcome === 'started', request, context, signal))
    return started(served, outcome, context)
  })

/** Resolves to the record of a machine that runs and has an address. */
async function running(
  request: StartRequest,
  held: HeldLab,
  context: Context,
  signal: AbortSignal,
): Promise<RentedLab> {
  const { record, machine } = held
  await saveLab(context.paths, record)
  if (machine.state === 'running') return record
  const sinceMs = context.clock.monotonicMs()
  const { id } = machine
  context.emit({ type: 'start', step: 'machine', text: `starting ${id}` })
  const starting = machine.state === 'pending' ? record : await startMachine(request, held, context, signal)
  const wish = { id, state: 'running' as const, limitMs: START_MS, isAddressWanted: true }
  const now = await reached(starting, () => awaitState(wish, held.holdings, context, signal))
  const done = withMachine(starting, now, context.clock.now())
  await saveLab(context.paths, done)
  context.emit({ type: 'done', step: 'machine', text: `${id} runs`, elapsedMs: context.clock.monotonicMs() - sinceMs })
  return done
}

async function startMachine(
  { ttlMs }: StartRequest,
  { record, machine, holdings, nowMs }: HeldLab,
  context: Context,
  signal: AbortSignal,
): Promise<RentedLab> {
  const { clock, paths } = context
  const sinceMs = clock.monotonicMs()
  const { id } = machine
  if (machine.state === 'stopping')
    await awaitState({ id, state: 'stopped', limitMs: STOP_MS }, holdings, context, signal)
  const waitedMs = clock.monotonicMs() - sinceMs
  const expiresAt = new Date(nowMs + waitedMs + (ttlMs ?? record.plan.lease.ttlMs)).toISOString()
  await holdings.tag(id, { [TAGS.expiresAt]: expiresAt }, signal)
  const intended = { ...record, expiresAt }
  await saveLab(paths, intended)
  await accepted(intended, () => holdings.start(id, signal))
  const tagged = { ...machine, tags: { ...machine.tags, [TAGS.expiresAt]: expiresAt } }
  const starting = withMachine(intended, { ...tagged, state: 'pending' }, clock.now())
  await saveLab(paths, starting)
  return starting
}

const REFUSED: ReadonlySet<string> = new Set([
  'capacity.none',
  'quota.vcpu',
  'quota.other',
  'machine.state',
  'aws.refused',
])

/** A refusal leaves it stopped; an answer that was lost leaves it nobody knows how. */
async function accepted(record: RentedLab, ask: () => Promise<void>): Promise<void> {
  try {
    await ask()
  } catch (error) {
    if (!(error instanceof LabosError)) throw error
    if (!REFUSED.has(error.code))
      throw error.withAftermath(
        `Whether ${record.name} started is not known: \`labos status ${record.name} --refresh\` looks.`,
      )
    throw keptStopped(record, error)
  }
}

function keptStopped(record: RentedLab, error: LabosError): LabosError {
  const { stopped } = ratesOfLab(record)
  const perDay = formatUsdOr(stopped === null ? null : stopped * 24, 'at a price that is not known,')
  const again: readonly [string, ...string[]] = [
    `Try again later: \`labos start ${record.name}\`. A stopped machine starts in its own zone only.`,
    `Or make one elsewhere: \`labos down ${record.name}\`, then \`labos up\`.`,
  ]
  return new LabosError(error.code, error.message, {
    suggestions: error.code === 'capacity.none' ? again : error.suggestions,
    aftermath: `${record.name} stays stopped; its disk is kept, ${perDay} a day.`,
    cause: error,
  })
}

/** From here on it is billed. */
async function reached<T>(record: RentedLab, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw error instanceof LabosError ? error.withAftermath(stillRuns(record)) : error
  }
}

function started({ record, proof, isServing }: ServedAgain, outcome: Started['outcome'], { clock }: Context): Started {
  const { usdPerHour, usdUntilEnd } = costOfLab(record, clock.now())
  const { name, machine, plan, port } = record
  return {
    name,
    outcome,
    machine: machine?.id ?? '',
    address: machine?.address ?? null,
    endpoint: plan.serving && port !== undefined ? endpointOf(port) : null,
    isServing,
    ...(proof ? { proof } : {}),
    endsAt: record.expiresAt ?? null,
    usdPerHour,
    usdUntilEnd,
  }
}
