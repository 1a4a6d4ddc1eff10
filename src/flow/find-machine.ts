import { LabosError } from '../errors/labos-error.js'
import type { SshPlace } from '../ports.js'
import { readRentedLab } from '../state/read.js'
import { type LookDeps, lookAtMachine } from './refresh-status.js'
import { isThere } from './rented-record.js'
import { rentedPlace } from './ssh-place.js'

/**
 * Where a lab's machine is now that does not answer at `known`: after a stop and a start it has another address. The record may
 * know, else EC2 is asked. Undefined where nobody can say, and of a host that is always where it was. Throws `machine.gone`
 * where EC2 says so, and what asking throws.
 */
export async function findMachine(
  name: string,
  known: SshPlace,
  deps: LookDeps,
  signal: AbortSignal,
): Promise<SshPlace | undefined> {
  const record = readRentedLab(deps.paths, name)
  if (!record?.machine || record.ssh?.host !== undefined) return undefined
  const { address } = record.machine
  if (address !== undefined && address !== known.host) return rentedPlace(record, deps.paths)
  const seen = await lookAtMachine(record, record.machine, deps, signal)
  const { machine = record.machine } = seen.record
  if (!isThere(machine.state))
    throw new LabosError('machine.gone', `its machine ${machine.id} has ended`, {
      suggestions: [`Remove what is left of it: \`labos down ${name}\`.`],
    })
  return machine.address === undefined ? undefined : rentedPlace(seen.record, deps.paths)
}
