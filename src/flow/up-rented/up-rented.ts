/** From nothing to a rented machine that answers on port 22; or on with one that an earlier `up` began. */
import { LabosError } from '../../errors/labos-error.js'
import { readLab } from '../../state/read.js'
import type { HostLab } from '../../state/host-record.js'
import { isOnHost, isRented, type LocalLab, type RentedLab } from '../../state/record.js'
import { newLabId } from '../../state/store.js'
import type { Context } from '../context.js'
import { checkDeadline, differsError, notOwn } from '../lab-differs.js'
import { type MachineUp, type Outcome, upMachine } from '../up-machine.js'
import { climbRegions } from './climb-regions.js'
import { labNameOf, rentDifference, type RentUpRequest } from './request.js'
import { resume } from './resume.js'
import { takenOver } from '../run/take-over.js'
import { choosePort } from '../choose-port.js'
import { fromMachine } from './from-machine.js'
import { planRented } from './plan-rented.js'
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
  checkDeadline(existing, request.wish.ttlMs)
  return resume(await takenOver(existing, context), request, context, signal)
}

const whereItIs = (lab: LocalLab | HostLab): string =>
  isOnHost(lab) ? `it is on a host of your own: \`--host ${lab.plan.target}\`` : 'it is one on this computer'

async function first(name: string, request: RentUpRequest, context: Context, signal: AbortSignal): Promise<Outcome> {
  const { shown, kept: plan } = await planRented(request, context, signal)
  const port = request.until === 'machine' ? undefined : await choosePort(request.port, name, context)
  context.emit({ type: 'rent-plan', ...shown })
  await context.stack.ready(request.agreed)
  const draft: RentedLab = {
    version: 1,
    id: newLabId(),
    name,
    createdAt: new Date(context.clock.now()).toISOString(),
    plan,
    ...(port === undefined ? {} : { port }),
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
