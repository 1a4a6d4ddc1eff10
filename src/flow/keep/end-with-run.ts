/** A lab on a machine whose `labos run` was killed: the machine is told to end now, not at its deadline. */
import type { Processes } from '../../ports.js'
import type { Session } from '../../connect/session.js'
import type { KeeperRecord, MachineLab, Serving } from '../../state/record.js'
import { scriptCommand } from '../machine-commands.js'
import { isOrphan } from '../run/orphan.js'

interface EndDeps {
  readonly session: Pick<Session, 'machine'>
  readonly serving: Serving
  readonly processes: Pick<Processes, 'isAlive'>
  readonly say: (line: string) => void
  /** The time, ISO 8601. */
  readonly at: string
}

/**
 * Resolves to the end of the lab once the machine has heard of it; undefined while its run goes on, or the machine cannot be
 * told: call it again then. Its own deadline ends it all the same.
 */
export async function endWithRun(
  record: Pick<MachineLab, 'runner'>,
  { session, serving, processes, say, at }: EndDeps,
  signal: AbortSignal,
): Promise<KeeperRecord['ended']> {
  const machine = session.machine()
  if (!machine || !(await isOrphan(record, processes))) return undefined
  say('the `labos run` it was for is gone: telling the machine to end')
  try {
    const { exitCode, stderr } = await machine.run(scriptCommand(serving, 'lease.sh', 'end'), signal)
    if (exitCode === 0) return { at, reason: 'runner', detail: 'the `labos run` it was for is gone' }
    say(`the machine was not told to end: ${stderr.trim()}`)
  } catch (error) {
    say(`the connection closed before the machine said that it ends: ${String(error)}`)
  }
  return undefined
}
