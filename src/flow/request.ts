import { LabosError } from '../errors/labos-error.js'
import { catalog, type CatalogModel } from '../plan/catalog.js'
import { findModel } from '../plan/find-model.js'
import type { EngineName, Plan, PlannedLease } from '../plan/plan.js'
import { checkLabName, defaultLabName } from '../state/paths.js'

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
}

/** The catalogue entry and the lab name of a request. Throws `model.unknown`, `usage.name`. */
export function resolveRequest(request: UpRequest): { readonly model: CatalogModel; readonly name: string } {
  const lookup = findModel(request.model)
  if (!lookup.found) throw unknownModel(request.model, lookup.nearest)
  return { model: lookup.model, name: checkLabName(request.name ?? defaultLabName(lookup.model.id)) }
}

function unknownModel(name: string, nearest: readonly string[]): LabosError {
  const known = `Models: ${catalog.map(({ id }) => id).join(', ')}.`
  return new LabosError('model.unknown', `There is no model "${name}" in the catalogue.`, {
    suggestions: nearest.length > 0 ? [`Did you mean ${nearest.join(' or ')}?`, known] : [known],
  })
}

/** In what a request asks for something else than a plan holds; undefined when they agree. What was not asked for never differs. */
export function difference(request: UpRequest, model: CatalogModel, plan: Plan): string | undefined {
  const fields: readonly (readonly [string, string | number | undefined, string | number | undefined])[] = [
    ['model', model.id, plan.model.id],
    ['engine', request.engine, plan.engine],
    ['context', request.contextTokens, plan.contextTokens],
    ['port', request.port === 0 ? undefined : request.port, plan.port],
    ['ttl', request.lease.ttlMs, plan.lease.ttlMs],
    ['idle', request.lease.idleMs, plan.lease.idleMs],
  ]
  const found = fields.find(([, asked, planned]) => asked !== undefined && asked !== planned)
  return found
    ? `its ${found[0]} is ${found[2] === undefined ? 'not set' : String(found[2])}, not ${String(found[1])}`
    : undefined
}
