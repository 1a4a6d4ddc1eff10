/** On what terms a machine serves: by which engine, and when it ends itself. Pure. */
import { formatDuration } from '../../ui/format.js'
import type { Offer } from './offer.js'
import { type Limits, limitsOf, type Serving } from './serving.js'

/** Public: `labos up --json` says it beside the plan. */
export type ServingTerms = Pick<Serving, 'engineVersion'> & Limits

export const servingTerms = (serving: ServingTerms): ServingTerms => ({
  engineVersion: serving.engineVersion,
  ...limitsOf(serving),
})

/** Where even the best machine ends itself before it can serve, by the estimate of its start: one sentence for each such end. */
export function endsTooSoon(
  { startUp, deadlineMs }: Pick<Offer, 'startUp' | 'deadlineMs'>,
  { bootMs }: Pick<ServingTerms, 'bootMs'>,
): string[] {
  const startMs = startUp.totalSeconds * 1000
  const sentence = (endMs: number, what: string, flag: string): string[] =>
    endMs > startMs
      ? []
      : [
          `A start takes about ${formatDuration(startMs)}, and ${what} ends the machine after ${formatDuration(endMs)}: it may never serve. Give it more: \`${flag}\`.`,
        ]
  return [
    ...sentence(deadlineMs, 'its deadline', '--ttl'),
    ...sentence(bootMs, 'the limit for its start', '--boot-timeout'),
  ]
}
