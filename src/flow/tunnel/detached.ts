import type { Context } from '../context.js'
import { labOnMachine } from '../lab-on-machine.js'
import { labStatus, type LabStatus } from '../lab-status.js'
import { lockedLab } from '../lock-lab.js'
import { refuseOrphan } from '../run/orphan.js'
import { openRented } from '../up-rented/open-rented.js'
import { refuseWithoutEndpoint } from './tunnel.js'

const WAIT_MS = 5000

/** Has the lab's keeper open its endpoint again, where none does. Throws `port.taken`, `keeper.failed`, `lab.busy`. */
export async function openDetached(name: string, context: Context, signal: AbortSignal): Promise<LabStatus> {
  const record = labOnMachine('tunnel', name, context.paths)
  await refuseOrphan(record, context)
  refuseWithoutEndpoint(record)
  const lock = { name, command: `labos tunnel ${name}`, waitMs: WAIT_MS }
  await lockedLab(lock, context, signal, () => openRented(record, context, signal))
  return labStatus(name, context)
}
