/** The same for commands that change nothing else of a lab, and so hold no lock. */
import { LabosError } from '../../errors/labos-error.js'
import { readRentedLab } from '../../state/read.js'
import type { Context } from '../context.js'
import { lockedLab } from '../lock-lab.js'
import { addressChange } from './address-change.js'
import { agreesToLetIn, letIn } from './let-in.js'

const WAIT_MS = 5000

/**
 * True when this computer is let in now. False where its address is not what is in the way, at a no, and while another command
 * works on the lab. Throws `machine.unreachable` where nobody can be asked.
 */
export async function offerToLetIn(
  name: string,
  command: string,
  context: Context,
  signal: AbortSignal,
): Promise<boolean> {
  const record = readRentedLab(context.paths, name)
  const change = record && (await addressChange(record, [], context, signal))
  if (!change || !(await agreesToLetIn(record, change, false, context))) return false
  try {
    return await lockedLab({ name, command, waitMs: WAIT_MS }, context, signal, async () => {
      const now = readRentedLab(context.paths, name)
      if (now?.id !== record.id) return false
      await letIn(now, change, context, signal)
      return true
    })
  } catch (error) {
    if (error instanceof LabosError && error.code === 'lab.busy') return false
    throw error
  }
}
