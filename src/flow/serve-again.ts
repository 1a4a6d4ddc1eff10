/** From a machine that runs again to a model that answers again. */
import type { RentedLab } from '../state/record.js'
import { saveLab } from '../state/store.js'
import { formatBytes } from '../ui/format.js'
import type { Context } from './context.js'
import { closeEndpoint } from './end-running.js'
import { labStatus } from './lab-status.js'
import { letInAgain } from './readmit/let-in.js'
import { type FromMachine, fromMachine } from './up-rented/from-machine.js'
import { openRented } from './up-rented/open-rented.js'
import { withServing } from './up-rented/with-serving.js'
import { losesWeights } from './rented-record.js'

export interface ServeAgainWish {
  /** Until the model answers; else the endpoint is opened, and the rest goes on by itself. */
  readonly isWaiting: boolean
  /** The user said yes beforehand: to letting this computer in, where its address has changed. */
  readonly agreed: boolean
}

export interface ServedAgain extends FromMachine {
  readonly isServing: boolean
}

/** Does nothing where nothing is to be served, or it serves already. Throws what `fromMachine` throws. */
export async function serveAgain(
  record: RentedLab,
  isJustStarted: boolean,
  { isWaiting, agreed }: ServeAgainWish,
  context: Context,
  signal: AbortSignal,
): Promise<ServedAgain> {
  const { name, plan } = record
  if (!plan.serving) return { record, isServing: false }
  if (isJustStarted) {
    // A keeper of before looks for the machine where it was.
    await closeEndpoint(name, context, signal)
    if (losesWeights(record)) context.emit({ type: 'note', step: 'weights', text: fetchedAgain(plan.model) })
  } else if ((await labStatus(name, context)).state === 'serving') return { record, isServing: true }
  if (isWaiting) {
    const onSilence = letInAgain({ ingress: [], agreed }, context)
    return { ...(await fromMachine(record, context, signal, onSilence)), isServing: true }
  }
  const planned = withServing(record)
  await saveLab(context.paths, planned)
  await openRented(planned, context, signal)
  return { record: planned, isServing: false }
}

const fetchedAgain = ({ weightsBytes }: RentedLab['plan']['model']): string =>
  `engine and weights were on the machine's own NVMe disk, which a stop empties: both are fetched again, ${formatBytes(weightsBytes)} of weights`
