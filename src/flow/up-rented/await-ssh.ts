/** The end of `up --until machine`: something accepts connections on the machine's port 22. */
import type { LabosError } from '../../errors/labos-error.js'
import type { RentedLab } from '../../state/record.js'
import { saveLab } from '../../state/store.js'
import type { Context } from '../context.js'
import type { OnSilence } from '../readmit/let-in.js'
import { addressOf, unreachableMachine, untilReached } from './until-reached.js'

const TRY_MS = 3000

/** Throws `machine.unreachable`, `machine.state`; the machine runs and is billed then. `onSilence`: as for `firstLogin`. */
export async function awaitSsh(
  known: RentedLab,
  context: Context,
  signal: AbortSignal,
  onSilence?: OnSilence,
): Promise<RentedLab> {
  const { emit, reach } = context
  const host = addressOf(known)
  const silent = unreachableMachine(known, `port 22 of ${host} stayed silent`)
  emit({ type: 'start', step: 'boot', text: `waiting for port 22 of ${host}` })
  const attempt = async (): Promise<LabosError | true> =>
    (await reach({ host, port: 22, timeoutMs: TRY_MS }, signal)) || silent
  const { record, elapsedMs } = await untilReached(known, attempt, context, signal, onSilence)
  emit({ type: 'done', step: 'boot', text: `port 22 of ${host} answers`, elapsedMs })
  const done: RentedLab = { ...record, stepsDone: ['plan', 'machine', 'boot'] }
  await saveLab(context.paths, done)
  return done
}
