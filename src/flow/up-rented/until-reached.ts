/** Tries a machine that boots until it is reached. */
import { LabosError } from '../../errors/labos-error.js'
import type { RentedLab } from '../../state/record.js'
import { clause } from '../../ui/text.js'
import type { Context } from '../context.js'
import type { OnSilence } from '../readmit/let-in.js'

const PAUSE_MS = 500
/** GPU machines with several cards take minutes to boot. */
const LONGEST_MS = 10 * 60_000

export interface Reached<T> {
  readonly value: T
  /** With who may reach the machine now. */
  readonly record: RentedLab
  readonly elapsedMs: number
}

/**
 * `attempt` resolves to an error where another try may reach it. Throws the last of those after ten minutes, what `attempt`
 * throws, and what `onSilence` throws, which is asked where the machine does not answer (`machine.unreachable`).
 */
export async function untilReached<T>(
  known: RentedLab,
  attempt: () => Promise<T | LabosError>,
  { clock }: Pick<Context, 'clock'>,
  signal: AbortSignal,
  onSilence: OnSilence | undefined,
): Promise<Reached<T>> {
  const sinceMs = clock.monotonicMs()
  let record = known
  for (;;) {
    signal.throwIfAborted()
    const outcome = await attempt()
    const elapsedMs = clock.monotonicMs() - sinceMs
    if (!(outcome instanceof LabosError)) return { value: outcome, record, elapsedMs }
    signal.throwIfAborted()
    if (elapsedMs > LONGEST_MS) throw outcome
    if (outcome.code === 'machine.unreachable') record = (await onSilence?.(record, elapsedMs, signal)) ?? record
    await clock.sleep(PAUSE_MS, signal)
  }
}

/** Throws `machine.state` where it is stopped, `machine.unreachable` where it has none. */
export function addressOf(record: RentedLab): string {
  const { machine } = record
  if (machine?.state === 'stopped' || machine?.state === 'stopping') throw stoppedMachine(record)
  if (machine?.address === undefined) throw unreachableMachine(record, 'EC2 gave it no public address')
  return machine.address
}

export const unreachableMachine = ({ name }: RentedLab, why: string): LabosError =>
  new LabosError('machine.unreachable', `The machine of "${name}" does not answer: ${clause(why)}.`, {
    suggestions: [
      'Your address may have changed since, or a network between may block port 22: `--allow-cidr`.',
      'Look at its system log in the AWS console.',
    ],
  })

const stoppedMachine = ({ name }: RentedLab): LabosError =>
  new LabosError('machine.state', `The machine of "${name}" is stopped.`, {
    suggestions: [`Start it: \`labos start ${name}\`.`, `Or end it: \`labos down ${name}\`.`],
  })
