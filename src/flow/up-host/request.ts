/** What the user asked of a lab on a host of the user's own, and in what a lab that exists differs from it. */
import { planModelId } from '../../plan/find-model.js'
import type { HostRequest } from '../../plan/host/host-plan.js'
import type { ServingWish } from '../../plan/rent/serving.js'
import type { HostLab } from '../../state/host-record.js'
import { checkLabName, defaultLabName } from '../../state/paths.js'
import type { Runner } from '../../state/record.js'
import { differenceOf } from '../lab-differs.js'

export interface HostUpRequest extends HostRequest {
  readonly model: string
  /** GPU memory the model takes in all, where labos cannot compute it. */
  readonly vramGiB?: number
  /** A private key file to log in with. */
  readonly identity?: string
  /** The host key that is accepted, in place of those in known_hosts. */
  readonly hostKey?: string
  readonly serving: ServingWish
  /** What serves ends after so long; absent = never for that. */
  readonly ttlMs?: number
  /** Loopback port of the endpoint; 0 = any free one. */
  readonly port?: number
  readonly name?: string
  /** The user said yes beforehand. */
  readonly agreed: boolean
  /** Leave what was made when it fails. */
  readonly keep: boolean
  readonly runId?: string
  /** The lab is for a `labos run`, and for nobody else. */
  readonly runner?: Runner
}

/** Throws `usage.name`. */
export const hostLabName = ({ name, model }: HostUpRequest): string =>
  checkLabName(name ?? defaultLabName(planModelId(model).replace(/^.*[/\\]/, '')))

/** In what, but its deadline, it asks for something else than the lab has; undefined where they agree. */
export function hostDifference(request: HostUpRequest, { plan, port, serving }: HostLab): string | undefined {
  return differenceOf([
    ['model', planModelId(request.model), plan.model.id],
    ['host', request.target, plan.target],
    ['precision', request.precision, plan.model.precision],
    ['context', request.contextTokens, serving.contextTokens],
    ['port', request.port === 0 ? undefined : request.port, port],
  ])
}
