import { catalog } from '../plan/catalog.js'
import { findModel } from '../plan/find-model.js'
import { overviewOf, reportOf } from '../plan/report/build-report.js'
import { REPORT_VERSION, type ModelOverview, type ModelReport } from '../plan/report/model-report.js'
import { unknownModel } from './request.js'

export interface ModelList {
  readonly schemaVersion: typeof REPORT_VERSION
  readonly models: readonly ModelOverview[]
}

export const listModels = (): ModelList => ({ schemaVersion: REPORT_VERSION, models: catalog.map(overviewOf) })

/** The report on a model by any of its names. Throws `model.unknown`, and `usage.value` for a precision there is not. */
export function showModel(name: string): ModelReport {
  const lookup = findModel(name)
  if (!lookup.found) throw unknownModel(name, lookup)
  return reportOf(lookup.model)
}
