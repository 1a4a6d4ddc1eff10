/** `up` on a lab that has a record: what is there goes on, what is gone is made again, and nothing is made twice. */
import type { RentedLab } from '../../state/record.js'
import { saveLab } from '../../state/store.js'
import { checkAccount } from '../check-account.js'
import type { Context } from '../context.js'
import { letInAgain } from '../readmit/let-in.js'
import { isThere, withMachine, withoutMachine } from '../rented-record.js'
import { stillRuns } from '../still-runs.js'
import { LabosError } from '../../errors/labos-error.js'
import { patientStatus } from '../patient-status.js'
import type { Outcome } from '../up-machine.js'
import { type FromMachine, fromMachine } from './from-machine.js'
import { makeIn } from './climb-regions.js'
import type { RentUpRequest } from './request.js'

export async function resume(
  lab: RentedLab,
  request: RentUpRequest,
  context: Context,
  signal: AbortSignal,
): Promise<Outcome> {
  await checkAccount(lab, context, signal)
  try {
    const seen = await look(lab, context, signal)
    if (await isUp(seen, context, signal)) return { outcome: 'already-up', record: seen }
    if (seen.machine && isThere(seen.machine.state) && seen.machine.state !== 'pending')
      return { outcome: 'up', ...(await fromMachine(seen, context, signal, letInAgain(request, context))) }
    return { outcome: 'up', ...(await goOn(seen, request, context, signal)) }
  } catch (error) {
    if (!(error instanceof LabosError) || error.aftermath !== undefined) throw error
    const [first, ...others] = error.suggestions
    const end = error.code === 'interrupted' ? [`Or end it: \`labos down ${lab.name}\`.`] : []
    throw error.withAftermath(stillRuns(lab), [first, ...others, ...end])
  }
}

/** Whether the end of `up` holds now: a machine that runs, and an endpoint that answers where one is wanted. */
async function isUp(
  { name, plan, machine, stepsDone }: RentedLab,
  context: Context,
  signal: AbortSignal,
): Promise<boolean> {
  if (machine?.state !== 'running' || machine.address === undefined || !stepsDone.includes('boot')) return false
  return !plan.serving || (await patientStatus(name, context, signal)).state === 'serving'
}

/** The record with the machine as EC2 describes it now, where it names one. */
async function look(lab: RentedLab, context: Context, signal: AbortSignal): Promise<RentedLab> {
  if (!lab.machine) return lab
  const { holdings } = await context.aws(lab.machine.region)
  const machine = await holdings.machine(lab.machine.id, signal)
  const nowMs = context.clock.now()
  const seen = machine ? withMachine(lab, machine, nowMs) : withoutMachine(lab, nowMs)
  await saveLab(context.paths, seen)
  return seen
}

/** An engine of an earlier `up` may still be at it: it is waited for, then the stack adopts or makes what is missing. */
async function goOn(
  lab: RentedLab,
  request: RentUpRequest,
  context: Context,
  signal: AbortSignal,
): Promise<FromMachine> {
  await context.stack.ready(request.agreed)
  await context.stack.settle(lab.name, signal)
  const region = lab.regions.at(-1) ?? lab.plan.offers[0]?.region ?? ''
  const agreed = (): Promise<void> => Promise.resolve() // the first `up` asked
  const { record, error } = await makeIn(lab, region, request, agreed, context, signal, true)
  if (error) throw error
  return fromMachine(record, context, signal, letInAgain(request, context))
}
