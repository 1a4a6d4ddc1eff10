/** What the user asked of a rented lab, and in what a lab that exists differs from it. */
import { planModelId } from '../../plan/find-model.js'
import { configLine } from '../../plan/rent/engine-config.js'
import type { ServingWish } from '../../plan/rent/serving.js'
import type { RentWish } from '../plan-rent.js'
import type { RentedLab, RentedMachine, Runner } from '../../state/record.js'
import { formatUsd } from '../../ui/format.js'
import { differenceOf } from '../lab-differs.js'
import { machinePriceOf } from '../rented-record.js'
import { checkLabName, defaultLabName } from '../../state/paths.js'

export interface RentUpRequest {
  readonly wish: RentWish
  readonly until: 'machine' | 'endpoint'
  readonly serving: ServingWish
  /** Loopback port of the endpoint; 0 = any free one. */
  readonly port?: number
  /** Settings of `wish` that were typed, not presets: only these can differ from a lab that exists. */
  readonly typed: { readonly regions: boolean; readonly market: boolean }
  readonly name?: string
  /** The user said yes beforehand. */
  readonly agreed: boolean
  /** Leave what was made when it fails. */
  readonly keep: boolean
  /** CIDR blocks that may reach port 22; empty = this computer's address. */
  readonly ingress: readonly string[]
  readonly subnetId?: string
  /** Make the default network where there is none. */
  readonly makeNetwork: boolean
  readonly waitCapacityMs: number
  readonly runId?: string
  /** The lab is for that `labos run` alone: one that exists is refused. */
  readonly runner?: Runner
}

/** Throws `usage.name`. */
export const labNameOf = ({ name, wish }: RentUpRequest): string =>
  checkLabName(name ?? defaultLabName(planModelId(wish.model).replace(/^.*[/\\]/, '')))

/** In what, but its deadline, it asks for something else than the lab has; undefined where they agree. */
export function rentDifference(request: RentUpRequest, lab: RentedLab): string | undefined {
  const { id, precision } = lab.plan.model
  const wanted = planModelId(request.wish.model)
  if (wanted !== id) return `its model is ${id}, not ${wanted}`
  if (request.wish.precision !== undefined && request.wish.precision !== precision)
    return `its precision is ${precision}, not ${request.wish.precision}`
  if (request.until === 'endpoint' && !lab.plan.serving) return 'it ends at its machine: `--until machine`'
  const serving = servingDifference(request, lab)
  if (serving !== undefined) return serving
  if (request.port && lab.port !== undefined && request.port !== lab.port)
    return `its port is ${String(lab.port)}, not ${String(request.port)}`
  return (
    lab.machine &&
    (machineDifference(request, lab.machine) ?? priceDifference(request, machinePriceOf(lab)(lab.machine)))
  )
}

function servingDifference({ wish, serving }: RentUpRequest, lab: RentedLab): string | undefined {
  const planned = lab.plan.serving
  if (!planned) return undefined
  const [first] = planned.machines
  const differs = differenceOf([
    ['context', wish.contextTokens, lab.serving?.contextTokens ?? first?.contextTokens],
    ['engine', serving.engineVersion, planned.engineVersion],
    ['idle limit', serving.idleMs, planned.idleMs ?? 0, 'ms'],
  ])
  if (differs !== undefined) return differs
  const missing = serving.engineArgs.find((arg) => !first?.config.includes(`${configLine(arg)}\n`))
  return missing && `it was started without \`--engine-arg ${missing.name}=${missing.value}\``
}

function machineDifference({ wish, typed }: RentUpRequest, machine: RentedMachine): string | undefined {
  if (typed.regions && !wish.regions.includes(machine.region))
    return `it is in ${machine.region}, not in ${wish.regions.join(' or ')}`
  if (wish.instanceTypes && !wish.instanceTypes.includes(machine.instanceType))
    return `it is a ${machine.instanceType}, not a ${wish.instanceTypes.join(' or ')}`
  return typed.market && wish.market !== machine.market ? `it is ${machine.market}, not ${wish.market}` : undefined
}

/** A price that nobody knows is no dearer. */
function priceDifference({ wish: { maxUsdPerHour } }: RentUpRequest, usdPerHour: number | null): string | undefined {
  if (maxUsdPerHour === undefined || usdPerHour === null || usdPerHour <= maxUsdPerHour) return undefined
  return `its machine alone costs ${formatUsd(usdPerHour)}/h, more than ${formatUsd(maxUsdPerHour)}/h`
}
