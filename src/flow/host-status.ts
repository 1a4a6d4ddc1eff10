/** What is known of a lab on a host of the user's own without asking anybody. On the fast path. */
import type { HostLab } from '../state/host-record.js'
import type { LabStatus } from './lab-status.js'

export function hostStatus({ name, id, createdAt, owner, plan, expiresAt, stepsDone }: HostLab): LabStatus {
  const isMade = stepsDone.includes('host')
  return {
    name,
    id,
    state: isMade ? 'running' : 'unfinished',
    detail: isMade
      ? `it was set up on ${plan.target}`
      : `\`labos up\` did not come to its end on ${plan.target}; \`labos down ${name}\` removes what it made there`,
    model: plan.model.id,
    provider: plan.provider,
    host: plan.target,
    createdAt,
    owner,
    ...(expiresAt === undefined ? {} : { endsAt: expiresAt }),
    // The host is the user's.
    usdPerHour: 0,
    usdSoFar: 0,
    usdUntilEnd: 0,
  }
}
