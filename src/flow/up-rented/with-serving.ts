/** What is served on the machine that the ladder gave: the part of the plan that is about its type. Pure. */
import { ENGINE_PORT } from '../../plan/rent/engine-config.js'
import { limitsOf } from '../../plan/rent/serving.js'
import type { RentedLab } from '../../state/record.js'
import { RENTED_HOME } from '../../bootstrap/lab-files.js'

export function withServing(record: RentedLab): RentedLab {
  const planned = record.plan.serving
  const here = planned?.machines.find(({ instanceType }) => instanceType === record.machine?.instanceType)
  if (!planned || !here) return record
  const { engineVersion, canary, fim } = planned
  return {
    ...record,
    serving: {
      engineVersion,
      contextTokens: here.contextTokens,
      enginePort: ENGINE_PORT,
      plannedWeightsGiB: here.weightsGiB,
      plannedKvTokens: here.kvTokens,
      canary: canary && { prompt: canary.prompt, expect: canary.expect },
      // Every model continues text; which know chat is known of those in the catalogue.
      asks: canary?.asks ?? 'completion',
      fim,
      ...limitsOf(planned),
      home: RENTED_HOME,
      scope: 'system',
    },
  }
}
