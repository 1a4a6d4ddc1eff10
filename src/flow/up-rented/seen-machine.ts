import type { MachineState as StackMachine } from '../../../infra/spec.js'
import type { MachineState } from '../../cloud-ports.js'
import { withMachine } from '../rented-record.js'
import type { RentedLab } from '../../state/record.js'

const STATES: readonly MachineState[] = ['pending', 'running', 'stopping', 'stopped', 'shutting-down', 'terminated']

/** The record with the machine as the stack describes it. A word that EC2 did not have when this was made counts as running. */
export function seenMachine(record: RentedLab, machine: StackMachine, nowMs: number): RentedLab {
  const state = STATES.find((known) => known === machine.state) ?? 'running'
  return withMachine(record, { ...machine, state, tags: {} }, nowMs)
}
