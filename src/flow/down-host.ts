/** Ends a lab on a host of the user's own, and proves that nothing of it is left there. Under the lab's lock. */
import { LabosError } from '../errors/labos-error.js'
import { opensshLine } from '../plan/host/target.js'
import type { RemoteMachine } from '../ports.js'
import type { HostLab } from '../state/host-record.js'
import { removeLab } from '../state/store.js'
import type { Context } from './context.js'
import type { DownResult } from './down-result.js'
import { closeEndpoint } from './end-running.js'
import { loggedIn } from './logged-in.js'
import { removeFromHost } from './remove-from-host.js'

/**
 * Throws `teardown.incomplete` with what is left, and where the host cannot be asked; the record is kept then, unless `force`
 * gives it up.
 */
export async function downHost(
  record: HostLab,
  { force = false }: { readonly force?: boolean },
  context: Context,
  signal: AbortSignal,
): Promise<DownResult> {
  const { clock, emit, paths } = context
  const { name, id, plan } = record
  const sinceMs = clock.monotonicMs()
  emit({ type: 'start', step: 'teardown', text: `removing ${name} from ${plan.target}` })
  const remove = (machine: RemoteMachine): Promise<string[]> => removeFromHost(record, machine, context, signal)
  const left = await loggedIn(record, context, signal, remove).catch((error: unknown) => {
    signal.throwIfAborted()
    if (error instanceof LabosError) return error
    throw error
  })
  if (left instanceof LabosError && !force) throw notAsked(record, left)
  if (!(left instanceof LabosError) && left.length > 0) throw incomplete(record, left)
  await closeEndpoint(name, context, signal)
  await removeLab(paths, name)
  const isProven = !(left instanceof LabosError)
  const text = isProven ? `nothing of ${name} is left on ${plan.target}` : `${name} is forgotten here`
  if (!isProven) emit({ type: 'note', step: 'teardown', text: `what is left there: ${BY_HAND(record)}` })
  emit({ type: 'done', step: 'teardown', text, elapsedMs: clock.monotonicMs() - sinceMs })
  return { name, id, outcome: isProven ? 'removed' : 'forgotten', usd: 0, purged: [] }
}

/** What to type there. */
const BY_HAND = ({ plan, serving }: HostLab): string =>
  `by hand: \`${opensshLine(plan.target, `sh ${serving.home}/bin/remove.sh`)}\`.`

const notAsked = (record: HostLab, cause: LabosError): LabosError =>
  new LabosError(
    'teardown.incomplete',
    `What is left of "${record.name}" on ${record.plan.target} is not known: ${cause.message}`,
    {
      suggestions: [
        `When it can be reached: \`labos down ${record.name}\` again.`,
        `Or ${BY_HAND(record)}`,
        `If that host is no more: \`labos down ${record.name} --force\` forgets it.`,
      ],
      aftermath: 'The record is kept. What serves there goes on; it costs nothing but the host.',
      cause,
    },
  )

const incomplete = (record: HostLab, left: readonly string[]): LabosError =>
  new LabosError('teardown.incomplete', `Still on ${record.plan.target} of "${record.name}": ${left.join(', ')}.`, {
    suggestions: [
      `Try once more: \`labos down ${record.name}\`.`,
      `Look yourself: \`${opensshLine(record.plan.target)}\`.`,
    ],
    aftermath: 'The record is kept.',
  })
