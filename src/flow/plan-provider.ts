/** Where the machine of a plan comes from. */
import { findModel } from '../plan/find-model.js'

export type PlanProvider = 'aws' | 'local'

/** As asked, else `aws`; `local` for a model that there is nothing to rent for. */
export function planProvider(model: string, asked: PlanProvider | undefined): PlanProvider {
  if (asked) return asked
  const lookup = findModel(model)
  return lookup.found && lookup.model.checkpoints.length === 0 ? 'local' : 'aws'
}
