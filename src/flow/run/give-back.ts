import { readLab } from '../../state/read.js'
import { isRented } from '../../state/record.js'
import type { Context } from '../context.js'
import type { DownResult } from '../down-result.js'
import { down } from '../down.js'

/** As long as `labos down` takes at most. */
const LONGEST_MS = 20 * 60_000

/**
 * Takes the lab of a run down; success when there is none. `isHurried`: whoever interrupted us may kill us in a few seconds,
 * so a rented machine is told to end before anything is looked at.
 */
export async function giveBack(name: string, isHurried: boolean, context: Context): Promise<DownResult> {
  const signal = AbortSignal.timeout(LONGEST_MS)
  if (isHurried) await endMachine(name, context, signal).catch(() => undefined) // `down` says what is wrong
  return down({ name, ignoreNotFound: true, force: false, purge: false }, context, signal)
}

async function endMachine(name: string, { paths, aws }: Context, signal: AbortSignal): Promise<void> {
  const record = readLab(paths, name)
  if (!record || !isRented(record) || !record.machine) return
  const { holdings } = await aws(record.machine.region)
  await holdings.terminate(record.machine.id, signal)
}
