/** `labos status --refresh`: EC2 is asked of the one machine, and the record says what it said. */
import type { CloudMachine } from '../cloud-ports.js'
import { LabosError } from '../errors/labos-error.js'
import { takeLock } from '../state/lock.js'
import { lockPath } from '../state/paths.js'
import { readRentedLab } from '../state/read.js'
import type { RentedLab } from '../state/record.js'
import { saveLab } from '../state/store.js'
import { checkAccount } from './check-account.js'
import type { Context } from './context.js'
import { labStatus, type LabStatus } from './lab-status.js'
import { isThere, withMachine, withoutMachine } from './rented-record.js'
import { rentedStatus } from './rented-status.js'
import { stillRuns } from './still-runs.js'

/** How long EC2's reads may not know of a machine that is there. */
const NEW_MS = 2 * 60_000

/**
 * One lab, its machine looked at now. A local lab is what `labStatus` says. Throws `aws.account` where the credentials are
 * of another account, and what asking throws, with what goes on running.
 */
export async function refreshedStatus(name: string, context: Context, signal: AbortSignal): Promise<LabStatus> {
  const record = readRentedLab(context.paths, name)
  if (!record?.machine) return labStatus(name, context)
  const machine = await look(record, record.machine, context, signal)
  const nowMs = context.clock.now()
  if (!machine && nowMs - Date.parse(record.machine.launchedAt) < NEW_MS) return rentedStatus(record, nowMs)
  if (!machine) await checkAccount(record, context, signal) // another account knows none of ours
  const change = (before: RentedLab): RentedLab =>
    machine ? withMachine(before, machine, nowMs) : withoutMachine(before, nowMs)
  await saveChange(name, record, change, context, signal)
  return withReason(rentedStatus(change(record), nowMs), record, machine)
}

async function look(
  record: RentedLab,
  { id, region }: { readonly id: string; readonly region: string },
  { aws }: Context,
  signal: AbortSignal,
): Promise<CloudMachine | undefined> {
  try {
    const { holdings } = await aws(region)
    return await holdings.machine(id, signal)
  } catch (error) {
    signal.throwIfAborted()
    throw error instanceof LabosError ? error.withAftermath(stillRuns(record)) : error
  }
}

/** A command that works on the lab writes its record itself: then nothing is saved here. */
async function saveChange(
  name: string,
  { id, machine }: RentedLab,
  change: (before: RentedLab) => RentedLab,
  context: Context,
  signal: AbortSignal,
): Promise<void> {
  try {
    const wish = { command: `labos status ${name} --refresh`, waitMs: 0 }
    const release = await takeLock(lockPath(context.paths, name), wish, context, signal)
    try {
      const before = readRentedLab(context.paths, name)
      if (before?.id === id && before.machine?.id === machine?.id) await saveLab(context.paths, change(before))
    } finally {
      await release()
    }
  } catch (error) {
    if (!(error instanceof LabosError && error.code === 'lab.busy')) throw error
  }
}

/** Of a machine that has ended: why, where EC2 says so, or that it knows none of it any more. */
function withReason(
  status: LabStatus,
  { name, machine: known }: RentedLab,
  machine: CloudMachine | undefined,
): LabStatus {
  if (machine && isThere(machine.state)) return status
  const rest = `\`labos down ${name}\` removes the rest`
  if (!machine) return { ...status, detail: `EC2 knows no machine ${known?.id ?? ''} any more; ${rest}` }
  const why = machine.stateReason === undefined ? '' : ` (${machine.stateReason})`
  return { ...status, detail: `its machine ${machine.id} is ${machine.state}${why}; ${rest}` }
}
