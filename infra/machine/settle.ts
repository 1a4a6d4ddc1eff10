/** A machine that was asked for, until it runs and has an address, or has ended. */
import { refusalKind } from '../aws-refusals.js'
import { type Ec2Calls, Ec2Refusal, NO_ANSWER, type SeenMachine } from '../ec2-calls.js'
import type { Time } from './intent.js'
import { hasEnded } from './climb.js'

const FIRST_MS = 250
const MOST_MS = 3000
/** GPU machines take minutes at worst. */
const LONGEST_MS = 600_000
/** EC2's reads may not know of a machine that its create call just answered with. */
const UNSEEN_MS = 120_000

/**
 * Resolves to the machine as EC2 describes it: running with an address, or ended. Rejects with `Ec2Refusal`: of reads, when
 * time is over (`Timeout`) or when it was cancelled (`Cancelled`).
 */
export async function settled(
  machine: SeenMachine,
  ec2: Ec2Calls,
  time: Time,
  signal: AbortSignal,
): Promise<SeenMachine> {
  const sinceMs = time.now()
  let latest = machine
  for (let pauseMs = FIRST_MS; ; pauseMs = Math.min(MOST_MS, pauseMs * 1.5)) {
    if (hasEnded(latest) || (latest.state === 'running' && latest.address !== undefined)) return latest
    if (latest.state === 'stopping' || latest.state === 'stopped') return latest
    if (signal.aborted) throw new Ec2Refusal('Cancelled', 'ended while the machine was starting', '')
    const elapsedMs = time.now() - sinceMs
    if (elapsedMs > LONGEST_MS) throw new Ec2Refusal('Timeout', `still ${latest.state} after ten minutes`, '')
    await time.sleep(pauseMs, signal).catch(() => undefined) // cancelled: seen in the next round
    const seen = await look(machine.id, ec2)
    if (seen) latest = seen
    else if (seen === undefined && elapsedMs > UNSEEN_MS)
      return { ...latest, state: 'terminated', stateReason: 'EC2 does not know of it' }
  }
}

/** Null where EC2 could not say just now; undefined where it knows none. */
async function look(id: string, ec2: Ec2Calls): Promise<SeenMachine | undefined | null> {
  try {
    return await ec2.machine(id)
  } catch (error) {
    const kind = error instanceof Ec2Refusal ? (refusalKind(error.code, error.message) ?? error.code) : undefined
    if (kind === 'busy' || kind === 'fault' || kind === NO_ANSWER) return null
    throw error
  }
}
