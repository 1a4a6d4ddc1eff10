/** The plan for this computer, as `labos plan` shows it. */
import { LabosError } from '../errors/labos-error.js'
import type { Plan } from '../plan/plan.js'
import type { Context } from './context.js'
import { planLab } from './plan-lab.js'
import { RENTED_FLAGS } from './rented-flags.js'
import { resolveRequest } from './request.js'

const RENTED_ONLY = [...RENTED_FLAGS, 'explain', 'engine-config', 'all'] as const

interface LocalFlags extends Partial<Record<(typeof RENTED_ONLY)[number], unknown>> {
  readonly context?: number | undefined
  readonly ttl?: number | undefined
}

export interface LocalPlan {
  readonly schemaVersion: 1
  readonly provider: 'local'
  readonly plan: Plan
}

/** What `up --provider local` would start here. Throws `usage.value` for what a computer of one's own cannot be asked. */
export async function localPlan(name: string, flags: LocalFlags, context: Context): Promise<LocalPlan> {
  const wrong = RENTED_ONLY.find((flag) => flags[flag] !== undefined && flags[flag] !== false)
  if (wrong !== undefined)
    throw new LabosError(
      'usage.value',
      `--${wrong} is about rented machines, and ${name} is planned for this computer.`,
      {
        suggestions: [`Leave --${wrong} out, or plan with \`--provider aws\`.`],
      },
    )
  const lease = flags.ttl === undefined ? {} : { ttlMs: flags.ttl }
  const contextTokens = flags.context === undefined ? {} : { contextTokens: flags.context }
  const request = { model: name, lease, agreed: false, ...contextTokens }
  return { schemaVersion: 1, provider: 'local', plan: await planLab(request, resolveRequest(request).model, context) }
}
