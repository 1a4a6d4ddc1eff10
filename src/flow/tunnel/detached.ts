import { takeLock } from '../../state/lock.js'
import { lockPath } from '../../state/paths.js'
import type { Context } from '../context.js'
import { labOnMachine } from '../lab-on-machine.js'
import { labStatus, type LabStatus } from '../lab-status.js'
import { openRented } from '../up-rented/open-rented.js'
import { refuseWithoutEndpoint } from './tunnel.js'

const WAIT_MS = 5000

/** Has the lab's keeper open its endpoint again, where none does. Throws `port.taken`, `keeper.failed`, `lab.busy`. */
export async function openDetached(name: string, context: Context, signal: AbortSignal): Promise<LabStatus> {
  const record = labOnMachine('tunnel', name, context.paths)
  refuseWithoutEndpoint(record)
  const wish = { command: `labos tunnel ${name}`, waitMs: WAIT_MS }
  const release = await takeLock(lockPath(context.paths, name), wish, context, signal)
  try {
    await openRented(record, context, signal)
  } finally {
    await release()
  }
  return labStatus(name, context)
}
