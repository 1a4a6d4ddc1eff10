/** `labos status --refresh`: EC2 is asked of the one machine, and the record says what it said. */
import type { CloudMachine } from '../cloud-ports.js'
import { LabosError } from '../errors/labos-error.js'
import { takeLock } from '../state/lock.js'
import { lockPath } from '../state/paths.js'
import { readKeeper, readRentedLab } from '../state/read.js'
import type { RentedLab, RentedMachine } from '../state/record.js'
import { saveLab } from '../state/store.js'
import { checkAccount } from './check-account.js'
import type { Context } from './context.js'
import { labStatus, type LabStatus, machineLabStatus } from './lab-status.js'
import { isThere, withMachine, withoutMachine } from './rented-record.js'
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
  const { record: seen, machine, isSure } = await lookAtMachine(record, record.machine, context, signal)
  const status = await machineLabStatus(seen, readKeeper(context.paths, name), context)
  return isSure ? withReason(status, record, machine) : status
}

export interface SeenLab {
  /** As it is after what EC2 said, and saved unless a command works on the lab. */
  readonly record: RentedLab
  /** Undefined where EC2 knows none. */
  readonly machine: CloudMachine | undefined
  /** EC2's reads may not know of a machine yet that is new. */
  readonly isSure: boolean
}

/** Asks EC2 of the lab's machine. Throws like `refreshedStatus`. */
export async function lookAtMachine(
  record: RentedLab,
  known: RentedMachine,
  context: LookDeps,
  signal: AbortSignal,
): Promise<SeenLab> {
  const machine = await look(record, known, context, signal)
  const nowMs = context.clock.now()
  if (!machine && nowMs - Date.parse(known.launchedAt) < NEW_MS) return { record, machine, isSure: false }
  if (!machine) await checkAccount(record, context, signal) // another account knows none of ours
  const change = (before: RentedLab): RentedLab =>
    machine ? withMachine(before, machine, nowMs) : withoutMachine(before, nowMs)
  await saveChange(record, change, context, signal)
  return { record: change(record), machine, isSure: true }
}

export type LookDeps = Pick<Context, 'aws' | 'clock' | 'paths' | 'processes' | 'self'>

async function look(
  record: RentedLab,
  { id, region }: RentedMachine,
  { aws }: LookDeps,
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
  { name, id, machine }: RentedLab,
  change: (before: RentedLab) => RentedLab,
  context: LookDeps,
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
