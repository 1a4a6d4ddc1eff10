/** On from a machine that runs: to its port 22 alone, or until the model answers through the endpoint. */
import type { RentedLab } from '../../state/record.js'
import { saveLab } from '../../state/store.js'
import type { Context } from '../context.js'
import type { OnSilence } from '../readmit/let-in.js'
import { proveServing, type Proof } from '../prove-serving.js'
import { machineProving } from '../proving.js'
import { awaitLaboratory } from './await-laboratory.js'
import { awaitSsh } from './await-ssh.js'
import { firstLogin } from './first-login.js'
import { openRented } from './open-rented.js'
import { withServing } from './with-serving.js'

/** From the engine's first answer on its machine; kernels are compiled at the first requests. */
const FIRST_TOKEN_MS = 5 * 60_000

export interface FromMachine {
  readonly record: RentedLab
  readonly proof?: Proof
}

/**
 * Each step may be done already: it is then looked at, and passed. What throws leaves the machine running. `onSilence`: of a
 * machine that was reached before, as for `firstLogin`.
 */
export async function fromMachine(
  record: RentedLab,
  context: Context,
  signal: AbortSignal,
  onSilence?: OnSilence,
): Promise<FromMachine> {
  if (!record.plan.serving) return { record: await awaitSsh(record, context, signal, onSilence) }
  const planned = withServing(record)
  await saveLab(context.paths, planned)
  const reached = await firstLogin(planned, context, signal, onSilence)
  await openRented(reached, context, signal)
  await awaitLaboratory(reached, context, signal)
  const proof = await proveServing(machineProving(reached, FIRST_TOKEN_MS), context, signal)
  const done: RentedLab = { ...reached, stepsDone: ['plan', 'machine', 'boot', 'laboratory', 'serving'] }
  await saveLab(context.paths, done)
  return { record: done, proof }
}
