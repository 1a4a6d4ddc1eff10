import type { CloudMachine, Holdings, MachineState } from '../cloud-ports.js'
import { LabosError } from '../errors/labos-error.js'
import { poll } from '../teardown/poll.js'
import type { Context } from './context.js'

interface StateWish {
  readonly id: string
  readonly state: MachineState
  readonly limitMs: number
  /** Running is not enough to be reached. */
  readonly isAddressWanted?: boolean
}

const WAYS: Readonly<Partial<Record<MachineState, readonly MachineState[]>>> = {
  running: ['pending', 'running'],
  stopped: ['running', 'stopping', 'stopped'],
}

/**
 * Waits until EC2 says that the machine is in that state. Throws `machine.failed` when it takes another way, and when the
 * time is over.
 */
export async function awaitState(
  { id, state, limitMs, isAddressWanted = false }: StateWish,
  holdings: Holdings,
  { clock }: Pick<Context, 'clock'>,
  signal: AbortSignal,
): Promise<CloudMachine> {
  let seen: CloudMachine | undefined
  const machine = await poll({ limitMs }, clock, signal, async () => {
    seen = await holdings.machine(id, signal)
    if (!seen || !WAYS[state]?.includes(seen.state)) throw otherWay(id, state, seen)
    return seen.state === state && (!isAddressWanted || seen.address !== undefined) ? seen : undefined
  })
  if (machine) return machine
  const now = seen?.state === state ? 'has no public address' : `is ${seen?.state ?? 'unknown'}`
  throw failed(`${id} ${now} still after ${String(Math.round(limitMs / 60_000))} minutes.`)
}

function otherWay(id: string, wished: MachineState, machine: CloudMachine | undefined): LabosError {
  const why = machine?.stateReason === undefined ? '' : ` (${machine.stateReason})`
  return failed(`${id} was to be ${wished}, and is ${machine?.state ?? 'gone'}${why}.`)
}

const failed = (message: string): LabosError =>
  new LabosError('machine.failed', message, {
    suggestions: ['See what EC2 says of it now: `labos status --refresh`.', 'Or give it back: `labos down`.'],
  })
