import type { LabosEvent } from './events.js'
import { hostPlanText } from './host-plan-text.js'
import { planText } from './lines.js'
import { rentPlanText } from './rent-plan-text.js'

/** A plan of whatever kind, as the user agrees to it. */
export function planEventText(event: Extract<LabosEvent, { type: 'plan' | 'rent-plan' | 'host-plan' }>): string {
  if (event.type === 'plan') return planText(event.plan)
  return event.type === 'rent-plan' ? rentPlanText(event.plan, event.serving) : hostPlanText(event.plan, event.serving)
}
