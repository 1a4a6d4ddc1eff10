/** What is known of a rented lab without asking the cloud. On the fast path. */
import type { RentedLab } from '../state/record.js'
import type { LabStatus } from './lab-status.js'

export function rentedStatus({ name, id, createdAt, plan, machine }: RentedLab): LabStatus {
  return {
    name,
    id,
    state: 'unfinished',
    model: plan.model.id,
    provider: plan.provider,
    createdAt,
    ...(machine?.address === undefined ? {} : { detail: machine.address }),
  }
}
