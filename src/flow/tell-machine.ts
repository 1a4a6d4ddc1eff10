/** Has a machine look at its deadline at once, where it can be reached. */
import { RENTED_HOME } from '../bootstrap/lab-files.js'
import { leaseWords, readMachineLease } from '../lease/machine-lease.js'
import type { RemoteMachine } from '../ports.js'
import type { RentedLab } from '../state/record.js'
import type { Context } from './context.js'
import { scriptCommand } from './machine-commands.js'
import { sshPlace } from './ssh-place.js'

export interface MachineWord {
  /** `idle 12 m of 30 m, ends 18:40 UTC`. */
  readonly says: string
  /** It goes by the new deadline; else it will at its next look. */
  readonly isTaken: boolean
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
  context: Pick<Context, 'clock' | 'paths' | 'ssh'>,
  signal: AbortSignal,
): Promise<MachineWord | undefined> {
  const late = new AbortController()
  const over = new AbortController()
  const limit = context.clock.sleep(LIMIT_MS, over.signal).then(
    () => late.abort(new Error('it took too long')),
    () => undefined,
  )
  try {
    const limited = AbortSignal.any([signal, late.signal])
    const machine = await context.ssh(sshPlace(record, context.paths), limited, CONNECT_MS)
    try {
      return await lookThere(record, machine, context, limited)
    } finally {
      machine.close()
    }
  } catch {
    return undefined
  } finally {
    over.abort()
    await limit
  }
}

async function lookThere(
  { serving, expiresAt = '' }: RentedLab,
  machine: RemoteMachine,
  { clock }: Pick<Context, 'clock'>,
  signal: AbortSignal,
): Promise<MachineWord | undefined> {
  const place = serving ?? { home: RENTED_HOME, scope: 'system' as const }
  for (let looks = 1; ; looks += 1) {
    const { stdout } = await machine.run(scriptCommand(place, 'lease.sh', 'show'), signal)
    const lease = readMachineLease(stdout)
    if (!lease) return undefined
    const isTaken = (lease.deadline ?? 0) * 1000 >= Date.parse(expiresAt) - ROUNDING_MS
    if (isTaken || looks === LOOKS) return { says: leaseWords(lease), isTaken }
    await clock.sleep(PAUSE_MS, signal)
  }
}
