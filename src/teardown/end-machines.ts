import type { CloudMachine, Holdings } from '../cloud-ports.js'
import type { DestroyDeps } from './destroy-lab.js'
import { poll } from './poll.js'

const ENDING: ReadonlySet<string> = new Set(['shutting-down', 'terminated'])

interface EndWish {
  readonly machines: readonly CloudMachine[]
  readonly isWaitedFor: boolean
  readonly limitMs: number
  /** Called with each new state. */
  readonly onChange: (machine: CloudMachine) => void
}

/**
 * Tells each machine to end, then waits until EC2 says that it has. One that is protected keeps no other from ending.
 * Resolves when the time is over too.
 */
export async function endMachines(
  { machines, isWaitedFor, limitMs, onChange }: EndWish,
  holdings: Holdings,
  { clock, emit }: Pick<DestroyDeps, 'clock' | 'emit'>,
  signal: AbortSignal,
): Promise<void> {
  const told = await Promise.allSettled(
    machines.map(async (machine) => {
      if (machine.state === 'shutting-down') return
      await holdings.terminate(machine.id, signal)
      onChange({ ...machine, state: 'shutting-down' })
    }),
  )
  if (isWaitedFor) {
    const ending = machines.filter((_, index) => told[index]?.status === 'fulfilled')
    if (ending.length > 0)
      emit({
        type: 'note',
        step: 'teardown',
        text: `waiting until EC2 says that ${ending.map(({ id }) => id).join(', ')} ${ending.length === 1 ? 'has' : 'have'} ended`,
      })
    await Promise.all(
      ending.map((machine) =>
        poll({ limitMs }, clock, signal, async () => {
          const now: CloudMachine = (await holdings.machine(machine.id, signal)) ?? { ...machine, state: 'terminated' }
          onChange(now)
          // A machine that was made just now may not be known to the first call that ends it.
          if (!ENDING.has(now.state)) await holdings.terminate(machine.id, signal)
          return now.state === 'terminated' ? now : undefined
        }),
      ),
    )
  }
  const refused = told.find((outcome) => outcome.status === 'rejected')
  if (refused) throw refused.reason
}
