/** The end of `up --until machine`: something accepts connections on the machine's port 22. */
import { LabosError } from '../../errors/labos-error.js'
import type { RentedLab } from '../../state/record.js'
import { saveLab } from '../../state/store.js'
import type { Context } from '../context.js'
import type { OnSilence } from '../readmit/let-in.js'

const TRY_MS = 3000
const PAUSE_MS = 500
/** GPU machines with several cards take minutes to boot. */
const LONGEST_MS = 10 * 60_000

/** Throws `machine.unreachable`, `machine.state`; the machine runs and is billed then. `onSilence`: as for `firstLogin`. */
export async function awaitSsh(
  known: RentedLab,
  context: Context,
  signal: AbortSignal,
  onSilence?: OnSilence,
): Promise<RentedLab> {
  const { clock, emit, reach } = context
  let record = known
  const host = record.machine?.address
  if (record.machine?.state === 'stopped' || record.machine?.state === 'stopping') throw stoppedMachine(record)
  if (host === undefined) throw unreachableMachine(record, 'EC2 gave it no public address')
  const sinceMs = clock.monotonicMs()
  emit({ type: 'start', step: 'boot', text: `waiting for port 22 of ${host}` })
  while (!(await reach({ host, port: 22, timeoutMs: TRY_MS }, signal))) {
    signal.throwIfAborted()
    const silentMs = clock.monotonicMs() - sinceMs
    if (silentMs > LONGEST_MS) throw unreachableMachine(record, `port 22 of ${host} stayed silent`)
    record = (await onSilence?.(record, silentMs, signal)) ?? record
    await clock.sleep(PAUSE_MS, signal)
  }
  const elapsedMs = clock.monotonicMs() - sinceMs
  emit({ type: 'done', step: 'boot', text: `port 22 of ${host} answers`, elapsedMs })
  const done: RentedLab = { ...record, stepsDone: ['plan', 'machine', 'boot'] }
  await saveLab(context.paths, done)
  return done
}

export const unreachableMachine = ({ name }: RentedLab, why: string): LabosError =>
  new LabosError('machine.unreachable', `The machine of "${name}" does not answer: ${why}.`, {
    suggestions: [
      'Your address may have changed since, or a network between may block port 22: `--allow-cidr`.',
      'Look at its system log in the AWS console.',
    ],
  })

export const stoppedMachine = ({ name }: RentedLab): LabosError =>
  new LabosError('machine.state', `The machine of "${name}" is stopped.`, {
    suggestions: [`Start it: \`labos start ${name}\`.`, `Or end it: \`labos down ${name}\`.`],
  })
