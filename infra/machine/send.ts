/** One request for a machine, until it has an answer that counts: kept before it is sent, and with its answer after. */
import { refusalKind } from '../aws-refusals.js'
import { type Ec2Calls, Ec2Refusal, NO_ANSWER, type RunRequest, type SeenMachine } from '../ec2-calls.js'
import type { Intent, Intents, Time } from './intent.js'

export interface SendDeps {
  readonly ec2: Ec2Calls
  readonly intents: Intents
  readonly time: Time
  readonly signal: AbortSignal
}

/** `isOpen`: the request, or the same one sent before, may have been carried out; no other may be sent. */
export type Outcome = { readonly machine: SeenMachine } | { readonly refusal: Ec2Refusal; readonly isOpen: boolean }

/** An answer that is lost, or a fault of AWS, is asked for again with the same token. */
const SAME_TRIES = 4
const BUSY_TRIES = 8
const PAUSE_MS = 500
const PAUSE_MOST_MS = 30_000

/** Refusals that only a request meets whose token EC2 does not know: it was not carried out before. The others come first. */
const DECIDES: readonly string[] = [
  'capacity',
  'quota-vcpu',
  'quota-other',
  'not-offered',
  'subnet-full',
  'spot-price',
  'token',
]

/** A request that may have been carried out stays without an answer. */
export async function send(intent: Intent, deps: SendDeps, wasSentBefore = false): Promise<Outcome> {
  await deps.intents.keep(intent)
  const { result, isInDoubt } = await repeated(intent.request, deps, wasSentBefore)
  if (!(result instanceof Ec2Refusal)) {
    await deps.intents.keep({ ...intent, answer: { id: result.id } })
    return { machine: result }
  }
  if (isInDoubt && !DECIDES.includes(kindOf(result))) return { refusal: result, isOpen: true }
  await deps.intents.keep({ ...intent, answer: { code: result.code } })
  return { refusal: result, isOpen: false }
}

type Result = SeenMachine | Ec2Refusal

async function repeated(
  request: RunRequest,
  { ec2, time, signal }: SendDeps,
  wasSentBefore: boolean,
): Promise<{ readonly result: Result; readonly isInDoubt: boolean }> {
  let isInDoubt = wasSentBefore
  const isCancelled = (): boolean => signal.aborted
  for (let tries = 1; ; tries += 1) {
    const result = await asked(ec2, request)
    const isLost = result instanceof Ec2Refusal && ['fault', NO_ANSWER].includes(kindOf(result))
    isInDoubt ||= isLost
    const isBusy = result instanceof Ec2Refusal && kindOf(result) === 'busy'
    const most = isBusy ? BUSY_TRIES : isLost ? SAME_TRIES : 1
    if (tries >= most || isCancelled()) return { result, isInDoubt }
    await time.sleep(Math.min(PAUSE_MOST_MS, PAUSE_MS * 2 ** (tries - 1)), signal).catch(() => undefined)
    if (isCancelled() && !isInDoubt) return { result, isInDoubt } // in doubt: once more, to know
  }
}

const kindOf = ({ code }: Ec2Refusal): string => refusalKind(code, '') ?? code

const asked = (ec2: Ec2Calls, request: RunRequest): Promise<Result> =>
  ec2.run(request).catch((error: unknown) => {
    if (error instanceof Ec2Refusal) return error
    throw error
  })
