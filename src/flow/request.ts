import { LabosError } from '../errors/labos-error.js'
import { catalog, type CatalogModel } from '../plan/catalog.js'
import { findModel, type ModelLookup } from '../plan/find-model.js'
import type { EngineName, Plan, PlannedLease } from '../plan/plan.js'
import { precisions } from '../plan/precision.js'
import { checkLabName, defaultLabName } from '../state/paths.js'
import type { Runner } from '../state/record.js'
import { differenceOf } from './lab-differs.js'

/** What the user asked `up` for. Absent fields are labos's to choose. */
export interface UpRequest {
  readonly model: string
  readonly name?: string
  readonly engine?: EngineName
  readonly contextTokens?: number
  /** 0 = any free port. */
  readonly port?: number
  readonly lease: PlannedLease
  /** The user said yes beforehand. */
  readonly agreed: boolean
  /** The lab is for that `labos run` alone, and ends with it: one that exists is refused. */
  readonly runner?: Runner
  readonly runId?: string
}

type Missed = Extract<ModelLookup, { found: false }>

/** The catalogue entry and the lab name of a request. Throws `model.unknown`, `usage.name`. */
export function resolveRequest(request: UpRequest): { readonly model: CatalogModel; readonly name: string } {
  const lookup = findModel(request.model)
  if (!lookup.found) throw unknownModel(request.model, lookup)
  if (lookup.precision !== undefined && request.model.includes('@')) throw precisionElsewhere(lookup.precision)
  return { model: lookup.model, name: checkLabName(request.name ?? defaultLabName(lookup.model.id)) }
}

/** The error of a name that is in no catalogue, with what it may have meant. */
export function unknownModel(name: string, { nearest, badPrecision }: Missed): LabosError {
  if (badPrecision !== undefined)
    return new LabosError('usage.value', `"${badPrecision}" in ${name} is not a precision.`, {
      suggestions: [`Use one of ${precisions.map((precision) => `@${precision}`).join(', ')}.`],
    })
  const known = `Models: ${catalog.map(({ id }) => id).join(', ')}.`
  return new LabosError('model.unknown', `There is no model "${name}" in the catalogue.`, {
    suggestions: nearest.length > 0 ? [`Did you mean ${nearest.join(' or ')}?`, known] : [known],
  })
}

const precisionElsewhere = (precision: string): LabosError =>
  new LabosError(
    'usage.value',
    `@${precision} is for rented machines; on this computer the engine's own file is used.`,
    {
      suggestions: ['Leave out the part from @ on.'],
    },
  )

/** In what a request asks for something else than a plan holds; undefined when they agree. */
export const difference = (request: UpRequest, model: CatalogModel, plan: Plan): string | undefined =>
  differenceOf([
    ['model', model.id, plan.model.id],
    ['engine', request.engine, plan.engine],
    ['context', request.contextTokens, plan.contextTokens],
    ['port', request.port === 0 ? undefined : request.port, plan.port],
    ['lifetime', request.lease.ttlMs, plan.lease.ttlMs, 'ms'],
    ['idle limit', request.lease.idleMs, plan.lease.idleMs, 'ms'],
  ])
