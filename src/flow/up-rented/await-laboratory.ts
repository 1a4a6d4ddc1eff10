/** Watches, through the lab's keeper, how its machine makes itself a laboratory, until the engine answers there. */
import { codeOr } from '../../errors/codes.js'
import { LabosError } from '../../errors/labos-error.js'
import type { MachineLab } from '../../state/record.js'
import { formatDuration } from '../../ui/format.js'
import { clause } from '../../ui/text.js'
import type { Context } from '../context.js'
import { labStatus, type LabStatus } from '../lab-status.js'
import { phaseEvents } from './phase-events.js'

const POLL_MS = 250
/** Past the boot deadline the machine has ended itself; what says so may be late. */
const GRACE_MS = 120_000

/**
 * Throws `laboratory.failed` with the machine's own first cause, what the path to it failed with (`ssh.hostkey`, `ssh.auth`),
 * `machine.gone` where it ended itself, `keeper.failed` where nobody watches any more, and `deadline.passed` where it does not
 * come to its end.
 */
export async function awaitLaboratory(record: MachineLab, context: Context, signal: AbortSignal): Promise<void> {
  const { clock, emit } = context
  const sinceMs = clock.monotonicMs()
  const limitMs = (record.plan.serving?.bootMs ?? 0) + GRACE_MS
  let before: LabStatus | undefined
  for (;;) {
    signal.throwIfAborted()
    const now = await labStatus(record.name, context)
    for (const event of phaseEvents(before, now, clock.monotonicMs() - sinceMs)) emit(event)
    if (now.state === 'serving') return
    refuseEnd(record, now)
    if (clock.monotonicMs() - sinceMs > limitMs) throw tooSlow(record, now, limitMs)
    before = now
    await clock.sleep(POLL_MS, signal)
  }
}

const UNDER_WAY: ReadonlySet<LabStatus['state']> = new Set(['starting', 'restarting', 'unresponsive', 'unreachable'])

function refuseEnd(record: MachineLab, { state, detail = state, path }: LabStatus): void {
  if (UNDER_WAY.has(state)) return
  const { name } = record
  const again = `Try again: \`labos up ${record.plan.model.id} --name ${name}\`.`
  const bootstrapLog = `Its own log: \`labos logs bootstrap --name ${name}\`.`
  if (path?.state === 'failed')
    throw new LabosError(
      codeOr(path.code, 'machine.unreachable'),
      `The machine of "${name}" is not reached: ${clause(path.reason ?? detail)}.`,
      {
        suggestions: [again],
      },
    )
  if (state === 'failed')
    throw new LabosError('laboratory.failed', `The machine of "${name}" does not serve: ${detail}`, {
      suggestions: [bootstrapLog, `Its engine's: \`labos logs engine --name ${name}\`.`],
    })
  if (state === 'ended' || state === 'lost' || state === 'stopped')
    throw new LabosError('machine.gone', `The machine of "${name}" ended before it served: ${clause(detail)}.`, {
      suggestions: [`See what is left of it: \`labos status ${name} --refresh\`.`],
    })
  throw new LabosError('keeper.failed', `Nobody watches the machine of "${name}" any more: ${clause(detail)}.`, {
    suggestions: [again],
  })
}

const tooSlow = ({ name }: MachineLab, { detail = 'it does not say why' }: LabStatus, limitMs: number): LabosError =>
  new LabosError(
    'deadline.passed',
    `The machine of "${name}" did not serve within ${formatDuration(limitMs)}: ${clause(detail)}.`,
    { suggestions: [`What it did: \`labos logs bootstrap --name ${name}\`.`] },
  )
