/** From nothing to a rented machine that answers on port 22; or on with one that an earlier `up` began. */
import { LabosError } from '../../errors/labos-error.js'
import type { Serving } from '../../plan/rent/serving.js'
import { readLab } from '../../state/read.js'
import type { HostLab } from '../../state/host-record.js'
import { isOnHost, isRented, type LocalLab, type RentedLab } from '../../state/record.js'
import { newLabId } from '../../state/store.js'
import type { Context } from '../context.js'
import { firstFit, planRental } from '../plan-rent.js'
import { notOwn } from '../request.js'
import { type MachineUp, type Outcome, upMachine } from '../up-machine.js'
import { climbRegions } from './climb-regions.js'
import { differsError, labNameOf, rentDifference, type RentUpRequest } from './request.js'
import { resume } from './resume.js'
import { choosePort } from '../choose-port.js'
import { fromMachine } from './from-machine.js'
import { pinWeights } from './pin-weights.js'
import { rentedPlan, withinLimit } from './rented-plan.js'
import { guarded } from './undo.js'

/** How long a second `up` waits for the first: GPU machines take minutes. */
const WAIT_MS = 30 * 60_000

/**
 * Idempotent: a lab that runs is left as it is, a half-made one goes on where it stopped, and there is never a second machine.
 * When the first `up` of a lab fails or is interrupted, what it made is removed again, unless `keep`.
 */
export function upRented(request: RentUpRequest, context: Context, signal: AbortSignal): Promise<MachineUp> {
  const name = labNameOf(request)
  const wish = { name, model: request.wish.model, waitMs: WAIT_MS }
  return upMachine(wish, context, signal, () => upLocked(name, request, context, signal))
}

async function upLocked(name: string, request: RentUpRequest, context: Context, signal: AbortSignal): Promise<Outcome> {
  const existing = readLab(context.paths, name)
  if (existing && request.runner) throw notOwn(name)
  if (existing && !isRented(existing)) throw differsError(name, whereItIs(existing))
  if (!existing) return first(name, request, context, signal)
  const differs = rentDifference(request, existing)
  if (differs !== undefined) throw differsError(name, differs)
  return resume(existing, request, context, signal)
}

const whereItIs = (lab: LocalLab | HostLab): string =>
  isOnHost(lab) ? `it is on a host of your own: \`--host ${lab.plan.target}\`` : 'it is one on this computer'

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
