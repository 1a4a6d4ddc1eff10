/** From nothing to a rented machine that answers on port 22; or on with one that an earlier `up` began. */
import { LabosError } from '../../errors/labos-error.js'
import type { Serving } from '../../plan/rent/serving.js'
import { takeLock } from '../../state/lock.js'
import { labPaths, lockPath } from '../../state/paths.js'
import { readLab } from '../../state/read.js'
import { isRented, type RentedLab } from '../../state/record.js'
import { newLabId } from '../../state/store.js'
import type { Context } from '../context.js'
import { labStatus, type LabStatus } from '../lab-status.js'
import { firstFit, planRental } from '../plan-rent.js'
import type { Proof } from '../prove-serving.js'
import { notOwn } from '../request.js'
import { climbRegions } from './climb-regions.js'
import { differsError, labNameOf, rentDifference, type RentUpRequest } from './request.js'
import { resume } from './resume.js'
import { choosePort } from '../choose-port.js'
import { fromMachine } from './from-machine.js'
import { pinWeights } from './pin-weights.js'
import { rentedPlan, withinLimit } from './rented-plan.js'
import { guarded } from './undo.js'

export interface RentedUp {
  readonly outcome: 'up' | 'already-up'
  readonly lab: LabStatus
  /** What the proof of serving measured; absent where nothing serves, or it was up already. */
  readonly proof?: Proof
  /** Of the endpoint's key; absent where nothing serves. */
  readonly keyFile?: string
  /** What is to be known of it, in sentences. */
  readonly notes: readonly string[]
  /** From the start of the command. */
  readonly elapsedMs: number
}

/** How long a second `up` waits for the first: GPU machines take minutes. */
const WAIT_MS = 30 * 60_000

/**
 * Idempotent: a lab that runs is left as it is, a half-made one goes on where it stopped, and there is never a second machine.
 * When the first `up` of a lab fails or is interrupted, what it made is removed again, unless `keep`.
 */
export async function upRented(request: RentUpRequest, context: Context, signal: AbortSignal): Promise<RentedUp> {
  const sinceMs = context.clock.monotonicMs()
  const name = labNameOf(request)
  const release = await takeLock(
    lockPath(context.paths, name),
    {
      command: `labos up ${request.wish.model}`,
      waitMs: WAIT_MS,
      onWait: ({ pid, command }) =>
        context.emit({
          type: 'note',
          text: `\`${command}\` (pid ${String(pid)}) is working on "${name}"; waiting for it`,
        }),
    },
    context,
    signal,
  )
  try {
    const { outcome, record, proof } = await upLocked(name, request, context, signal)
    const lab = await labStatus(name, context)
    return {
      outcome,
      lab,
      ...(proof ? { proof } : {}),
      ...(record.plan.serving ? { keyFile: labPaths(context.paths, name).key } : {}),
      notes: lab.notes?.map(({ text }) => text) ?? [],
      elapsedMs: context.clock.monotonicMs() - sinceMs,
    }
  } finally {
    await release()
  }
}

interface Outcome {
  readonly outcome: RentedUp['outcome']
  readonly record: RentedLab
  readonly proof?: Proof
}

async function upLocked(name: string, request: RentUpRequest, context: Context, signal: AbortSignal): Promise<Outcome> {
  const existing = readLab(context.paths, name)
  if (existing && request.runner) throw notOwn(name)
  if (existing && !isRented(existing)) throw differsError(name, 'it is one on this computer')
  if (!existing) return first(name, request, context, signal)
  const differs = rentDifference(request, existing)
  if (differs !== undefined) throw differsError(name, differs)
  return resume(existing, request, context, signal)
}

async function first(name: string, request: RentUpRequest, context: Context, signal: AbortSignal): Promise<Outcome> {
  const { plan, ...rest } = await planned(name, request, context, signal)
  await context.stack.ready(request.agreed)
  const draft: RentedLab = {
    version: 1,
    id: newLabId(),
    name,
    createdAt: new Date(context.clock.now()).toISOString(),
    plan,
    ...rest,
    stepsDone: ['plan'],
    accountId: '',
    owner: context.owner,
    ...(request.runId === undefined ? {} : { runId: request.runId }),
    ...(request.runner ? { runner: request.runner } : {}),
    regions: [],
    billed: [],
  }
  const agree = once(() => askAgreement(request, context))
  return guarded(draft, request, context, async () => {
    const record = await climbRegions(draft, request, agree, context, signal)
    return { outcome: 'up' as const, ...(await fromMachine(record, context, signal)) }
  })
}

/** The plan, shown; with the commit of the weights and a port for the endpoint where the model is to be served. */
async function planned(
  name: string,
  request: RentUpRequest,
  context: Context,
  signal: AbortSignal,
): Promise<Pick<RentedLab, 'plan' | 'port'>> {
  const { wish, serving, until } = request
  const rental = await planRental(wish, context, signal)
  firstFit(rental)
  if (until === 'machine') {
    context.emit({ type: 'rent-plan', plan: withinLimit(rental, wish) })
    return { plan: rentedPlan(rental, wish) }
  }
  const { plan, wantsToken } = await pinWeights(rental, serving, context, signal)
  const port = await choosePort(request.port, name, context)
  const planned = rentedPlan(plan, wish, { ...serving, wantsToken })
  context.emit({
    type: 'rent-plan',
    plan: withinLimit(plan, wish),
    ...(planned.serving ? { serving: endsOf(planned.serving) } : {}),
  })
  return { plan: planned, port }
}

const endsOf = ({ engineVersion, idleMs, bootMs }: Serving): Pick<Serving, 'engineVersion' | 'idleMs' | 'bootMs'> => ({
  engineVersion,
  bootMs,
  ...(idleMs === undefined ? {} : { idleMs }),
})

async function askAgreement({ agreed }: RentUpRequest, { prompt }: Context): Promise<void> {
  if (agreed) return
  if (!prompt)
    throw new LabosError('input.needed', 'The plan costs money and needs a yes, and there is no terminal to ask at.', {
      suggestions: ['Agree beforehand: `--yes`.', 'Or only look: `--dry-run`.'],
    })
  if (await prompt.confirm('Rent it?', false)) return
  throw new LabosError('interrupted', 'Not rented: you said no.', {
    suggestions: ['Change the plan with flags: `labos up --help`.'],
  })
}

/** One question, however many regions are tried. */
function once(work: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | undefined
  return () => (done ??= work())
}
