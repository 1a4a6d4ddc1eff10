/** Has a machine look at its deadline at once, where it can be reached. */
import { inTime } from '../errors/in-time.js'
import { leaseWords, type MachineLease, readMachineLease } from '../lease/machine-lease.js'
import type { RemoteMachine } from '../ports.js'
import type { RentedLab } from '../state/record.js'
import type { Context } from './context.js'
import { loggedIn } from './logged-in.js'
import { placeThere, scriptCommand } from './machine-commands.js'

export interface MachineWord {
  /** `idle 12 m of 30 m, ends 18:40 UTC`. */
  readonly says: string
  /** It goes by the new deadline; else it will at its next look. */
  readonly isTaken: boolean
  /** What ends it first; null = nothing does. */
  readonly endsBy: MachineLease['endsBy']
}

const LIMIT_MS = 10_000
const CONNECT_MS = 3000
/** A tag takes its time to the metadata service. */
const LOOKS = 3
const PAUSE_MS = 1500
/** The machine counts in whole seconds. */
const ROUNDING_MS = 1000

/** Undefined where it could not be asked: the tag holds all the same. Never rejects, and takes ten seconds at most. */
export async function tellMachine(
  record: RentedLab,
  context: Pick<Context, 'clock' | 'paths' | 'ssh' | 'env'>,
  signal: AbortSignal,
): Promise<MachineWord | undefined> {
  try {
    return await inTime(LIMIT_MS, tooLate, context.clock, signal, (limited) =>
      loggedIn(record, { ...context, connectMs: CONNECT_MS }, limited, (machine) =>
        lookThere(record, machine, context, limited),
      ),
    )
  } catch {
    return undefined
  }
}

const tooLate = (): Error => new Error('it took too long')

async function lookThere(
  record: RentedLab,
  machine: RemoteMachine,
  { clock }: Pick<Context, 'clock'>,
  signal: AbortSignal,
): Promise<MachineWord | undefined> {
  const place = placeThere(record)
  const { expiresAt = '' } = record
  for (let looks = 1; ; looks += 1) {
    const { stdout } = await machine.run(scriptCommand(place, 'lease.sh', 'show'), signal)
    const lease = readMachineLease(stdout)
    if (!lease) return undefined
    const isTaken = (lease.deadline ?? 0) * 1000 >= Date.parse(expiresAt) - ROUNDING_MS
    if (isTaken || looks === LOOKS) return { says: leaseWords(lease), isTaken, endsBy: lease.endsBy }
    await clock.sleep(PAUSE_MS, signal)
  }
}
