import { LabosError } from '../errors/labos-error.js'
import type { Plan } from '../plan/plan.js'
import type { Paths } from '../state/paths.js'
import { readKey, readLocalLab, readRentedLab } from '../state/read.js'
import { endpointOf } from './from-answer.js'

export interface EndpointAccess {
  readonly name: string
  readonly baseUrl: string
  readonly key: string
  readonly model: string
  readonly plan: Plan
}

/** What a client needs to talk to a lab. Throws `lab.unknown` when the lab has no record or key yet. */
export function endpointAccess(name: string, { paths }: { readonly paths: Paths }): EndpointAccess {
  refuseRented(name, paths)
  const record = readLocalLab(paths, name)
  const key = readKey(paths, name)
  if (!record || key === undefined) {
    throw new LabosError('lab.unknown', `The lab "${name}" has no endpoint yet.`, {
      suggestions: ['Bring it up: `labos up`.', 'See what there is: `labos ps`.'],
    })
  }
  const { plan } = record
  return { name, baseUrl: endpointOf(plan.port), key, model: plan.model.servedNames[0] ?? plan.model.id, plan }
}

/** Throws `lab.unknown` for a rented lab: in this version nothing serves, and nothing is logged, on its machine. */
export function refuseRented(name: string, paths: Paths): void {
  if (!readRentedLab(paths, name)) return
  throw new LabosError('lab.unknown', `Nothing serves on the rented machine of "${name}" in this version.`, {
    suggestions: [
      `What there is of it: \`labos status ${name}\`.`,
      'Serve a model on this computer: `labos up smollm2`.',
    ],
  })
}
