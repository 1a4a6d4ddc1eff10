/** The plan of a rented lab as the user agrees to it, and as its record keeps it. Reads only. */
import type { RentPlan } from '../../plan/rent/rent-plan.js'
import { endsTooSoon, type ServingTerms, servingTerms } from '../../plan/rent/serving-terms.js'
import type { RentedLab } from '../../state/record.js'
import type { Context } from '../context.js'
import { noteExisting } from '../dry-run-note.js'
import { firstFit, planRental } from '../plan-rent.js'
import { withHub } from '../with-hub.js'
import { checkMirrors } from './mirrors.js'
import { pinWeights } from './pin-weights.js'
import { labNameOf, type RentUpRequest } from './request.js'
import { rentedPlan, withinLimit } from './rented-plan.js'

/** `serving` is absent where nothing is to be served. */
export interface AgreedPlan {
  readonly plan: RentPlan
  readonly serving?: ServingTerms
}

/** Plans and nothing else. Throws what `planRented` does, and `usage.name`. */
export async function dryRunRented(request: RentUpRequest, context: Context, signal: AbortSignal): Promise<AgreedPlan> {
  noteExisting(labNameOf(request), context)
  return (await planRented(request, context, signal)).shown
}

/** With the commit of the weights where the model is to be served. Throws what `planRental`, `firstFit` and `pinWeights` do. */
export async function planRented(
  { wish, serving, until }: RentUpRequest,
  context: Context,
  signal: AbortSignal,
): Promise<{ readonly shown: AgreedPlan; readonly kept: RentedLab['plan'] }> {
  if (until === 'endpoint') checkMirrors(serving)
  const rental = await planRental(wish, withHub(context, serving.hub), signal)
  const best = firstFit(rental)
  if (until === 'machine') return { shown: { plan: withinLimit(rental, wish) }, kept: rentedPlan(rental, wish) }
  const { plan: pinned, wantsToken } = await pinWeights(rental, serving, context, signal)
  const kept = rentedPlan(pinned, wish, { ...serving, wantsToken })
  if (!kept.serving) throw new Error('a lab that serves, and nothing to serve')
  const terms = servingTerms(kept.serving)
  const plan = withinLimit({ ...pinned, notes: [...pinned.notes, ...endsTooSoon(best, terms)] }, wish)
  return { shown: { plan, serving: terms }, kept }
}
