/** The endpoint of a rented lab: its keeper, where none runs yet. */
import type { MachineLab } from '../../state/record.js'
import { ensureKey } from '../../state/store.js'
import { endRunning } from '../end-running.js'
import type { Context } from '../context.js'
import type { LabState } from '../lab-status.js'
import { openEndpoint } from '../open-endpoint.js'
import { patientStatus } from '../patient-status.js'

/** A keeper that says so has nothing to keep open any more. */
const OVER: ReadonlySet<LabState> = new Set(['failed', 'ended'])

/** Idempotent: a keeper that answers is left as it is, one that does not is replaced. Throws `port.taken`, `keeper.failed`. */
export async function openRented(record: MachineLab, context: Context, signal: AbortSignal): Promise<void> {
  const { name, port, plan } = record
  if (port === undefined) throw new Error(`the lab "${name}" has no port`)
  const { path, state } = await patientStatus(name, context, signal)
  if (path !== undefined && !OVER.has(state)) return // one that answers says how its path is
  await endRunning(name, context, signal)
  await ensureKey(context.paths, name)
  await openEndpoint({ name, port, model: plan.model.id }, context, signal)
}
