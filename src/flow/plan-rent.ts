/** The plan of a rented machine: facts, then the pure plan. Reads only; nothing is created, nothing costs anything. */
import { LabosError } from '../errors/labos-error.js'
import type { TypeTable } from '../plan/aws/type-table.js'
import type { Refusal } from '../plan/decide.js'
import type { Precision } from '../plan/precision.js'
import type { Offer } from '../plan/rent/offer.js'
import { checkRequest, findGpus } from '../plan/rent/check.js'
import { refuseNoFit } from '../plan/rent/no-fit.js'
import { planRent, type RentPlan } from '../plan/rent/rent-plan.js'
import type { RentRequest } from '../plan/rent/request.js'
import { readTypeTable } from '../state/type-table.js'
import { rentableFor } from './rentable.js'
import type { Context } from './context.js'

/** What the user asked `plan` for. GPUs and types are as typed, not yet looked up. */
export interface RentWish extends RentRequest {
  readonly model: string
  /** GPU memory the model takes in all, where labos cannot compute it. */
  readonly vramGiB?: number
  /** Ask the hub for the commit and the size, and AWS for what a launch depends on, too. */
  readonly check: boolean
}

/**
 * Plans for what was asked. Throws what is wrong with the request (`usage.value`, `model.unknown`, ...). A plan in which
 * nothing fits is returned as it is: `firstFit` throws for it.
 */
export async function planRental(wish: RentWish, context: Context, signal: AbortSignal): Promise<RentPlan> {
  const table = await readTable(context)
  const { rentable, precision } = await rentableFor(wish, context, signal)
  const request = requestOf(wish, precision, table)
  throwRefusal(checkRequest(rentable, request, table))
  const plan = planRent(rentable, request, table)
  if (!wish.check) return plan
  return checked(plan, context, signal)
}

/** A hub that is away keeps nobody from hearing what AWS says. */
async function checked(plan: RentPlan, context: Context, signal: AbortSignal): Promise<RentPlan> {
  const [{ checkPlan }, { checkAws }] = await Promise.all([import('./check-plan.js'), import('./check-aws.js')])
  const [onHub, inAws] = await Promise.all([
    checkPlan(plan, context, signal).then((checked) => checked.plan, unreachedHub),
    checkAws(plan, context, signal),
  ])
  if (!(onHub instanceof LabosError)) return { ...onHub, ...inAws, notes: [...onHub.notes, ...inAws.notes] }
  if (inAws.checks.length === 0) throw onHub
  const note = 'The hub could not be asked: commit and size of the weights are not checked.'
  return { ...plan, ...inAws, notes: [...plan.notes, note, ...inAws.notes] }
}

function unreachedHub(error: unknown): LabosError {
  if (error instanceof LabosError && error.code === 'network.download') return error
  throw error
}

/** The best offer. Throws `plan.nofit` with what would have to change when no machine fits. */
export function firstFit(plan: RentPlan): Offer {
  throwRefusal(refuseNoFit(plan))
  const [first] = plan.offers
  if (!first) throw new Error('a plan without offers')
  return first
}

/** What `--json` prints without `--all`. */
export const withoutRefused = (plan: RentPlan): RentPlan => ({
  ...plan,
  offers: plan.offers.filter(({ verdict }) => verdict === 'fits'),
})

/** The offer to explain: the first of those asked for, fitting or not. Throws `plan.nofit` where none was ever summed. */
export function explained(plan: RentPlan): Offer {
  const offer = plan.offers.find(({ refusedFor }) => refusedFor !== 'filter')
  return offer ?? firstFit(plan)
}

const DAY_MS = 86_400_000

/** How old the prices of a plan are, where any is known. */
export function priceAgeDays(
  { pricesAsOf }: Pick<RentPlan, 'pricesAsOf'>,
  { clock }: Pick<Context, 'clock'>,
): { priceAgeDays?: number } {
  if (pricesAsOf === null) return {}
  return { priceAgeDays: Math.max(0, Math.floor((clock.now() - Date.parse(pricesAsOf)) / DAY_MS)) }
}

async function readTable({ paths, emit }: Context): Promise<TypeTable> {
  const { table, warning } = await readTypeTable(paths.cacheDir)
  if (warning !== undefined) emit({ type: 'note', text: warning })
  return table
}

function requestOf(wish: RentWish, named: Precision | undefined, table: TypeTable): RentRequest {
  const { model: _model, vramGiB: _vramGiB, check: _check, ...request } = wish
  const precision = onePrecision(wish, named)
  const gpus = wish.gpus ? findGpus(wish.gpus, table) : undefined
  if (gpus && !gpus.ok) throwRefusal(gpus.refusal)
  return {
    ...request,
    ...(precision === undefined ? {} : { precision }),
    ...(gpus?.ok ? { gpus: gpus.gpus } : {}),
    ...(wish.instanceTypes ? { instanceTypes: wish.instanceTypes.map((name) => name.toLowerCase()) } : {}),
  }
}

function onePrecision({ model, precision }: RentWish, named: Precision | undefined): Precision | undefined {
  if (precision === undefined || named === undefined || precision === named) return precision ?? named
  throw new LabosError('usage.value', `${model} is ${named}, and --precision ${precision} is another.`, {
    suggestions: ['Leave one of the two out.'],
  })
}

function throwRefusal(refusal: Refusal | undefined): void {
  if (refusal) throw new LabosError(refusal.code, refusal.message, { suggestions: refusal.suggestions })
}
