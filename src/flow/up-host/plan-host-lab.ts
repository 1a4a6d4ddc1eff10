/** The plan for a host of the user's own: the host is looked at, and nothing is made there. */
import { LabosError } from '../../errors/labos-error.js'
import type { Refusal } from '../../plan/decide.js'
import { refuseHost } from '../../plan/host/check-host.js'
import type { HostFacts } from '../../plan/host/host-facts.js'
import { type HostPlan, planHost } from '../../plan/host/host-plan.js'
import { checkModel } from '../../plan/rent/check.js'
import { DRIVER_MIN } from '../../plan/rent/engine-config.js'
import type { RemoteMachine } from '../../ports.js'
import type { Context } from '../context.js'
import { rentableFor } from '../rentable.js'
import { pinWeights } from '../up-rented/pin-weights.js'
import { withHub } from '../with-hub.js'
import { hostFolder, lookAtHost } from './reach-host.js'
import type { HostUpRequest } from './request.js'

export interface PlannedHost {
  readonly plan: HostPlan
  readonly facts: HostFacts
  /** The weights are only for those with a token. */
  readonly wantsToken: boolean
}

/** `labId`: of the lab that may be there already. Throws `host.unfit`, `plan.nofit`, `disk.short`, `lab.differs`, and why not. */
export async function planHostLab(
  request: HostUpRequest,
  { name, labId }: { readonly name: string; readonly labId: string },
  machine: RemoteMachine,
  context: Context,
  signal: AbortSignal,
): Promise<PlannedHost> {
  const { target, serving } = request
  const [{ rentable, precision }, facts] = await Promise.all([
    rentableFor(request, withHub(context, serving.hub), signal),
    lookAtHost(machine, { name, target }, context, signal),
  ])
  const asked = { ...request, ...(precision === undefined ? {} : { precision }) }
  const folder = hostFolder(name)
  throwRefusal(checkModel(rentable, asked) ?? refuseHost(facts, { target, driverMin: DRIVER_MIN, labId, folder }))
  const decision = planHost(rentable, asked, facts, folder)
  if (!decision.ok) throw asError(decision.refusal)
  return { facts, ...(await pinWeights(decision.plan, serving, context, signal)) }
}

function throwRefusal(refusal: Refusal | undefined): void {
  if (refusal) throw asError(refusal)
}

const asError = ({ code, message, suggestions }: Refusal): LabosError => new LabosError(code, message, { suggestions })
