/** A lab for one command: up, the command, down again, however it ends. */
import { formatUsd } from '../ui/format.js'
import { labNames, readLocalLab } from '../state/read.js'
import type { Context } from './context.js'
import { readLog } from './logs.js'
import { notOwn } from './lab-differs.js'
import { bringUp } from './run/bring-up.js'
import { aborted, checkProgram, type CommandReport, runCommand } from './run/command.js'
import { endOrphans } from './run/end-orphans.js'
import { giveBack } from './run/give-back.js'
import { attempt, type Attempt, costOf, errorsOf, type RunOutcome, stopped } from './run/report.js'
import type { RunRequest } from './run/request.js'

/**
 * Throws only what is wrong before anything was made: `usage.command` and `lab.differs`. After that everything is in the outcome. When the signal aborts, the command is told to end and the lab is taken down at once,
 * side by side: CI systems kill what has not ended a few seconds later.
 */
export async function run(request: RunRequest, context: Context, signal: AbortSignal): Promise<RunOutcome> {
  const { name } = request
  await checkProgram(request.command, context)
  if (labNames(context.paths).includes(name)) throw notOwn(name)
  await endOrphans(context, signal)

  const sinceMs = context.clock.monotonicMs()
  const elapsed = (): number => context.clock.monotonicMs() - sinceMs
  const lab = await attempt(bringUp(request, context, signal))
  const upMs = elapsed()
  if (lab.error !== undefined && !signal.aborted) await tellLog(name, context, signal)

  const running: Promise<Attempt<CommandReport>> =
    lab.value === undefined ? Promise.resolve({}) : attempt(runCommand(request, context, signal))
  await Promise.race([running, aborted(signal)])
  const stop = signal.aborted ? stopped(signal) : undefined
  const [command, down] = await Promise.all([running, attempt(giveBack(name, stop !== undefined, context))])

  const usd = costOf(lab.value, down.value)
  if (usd !== null && usd > 0) context.emit({ type: 'note', text: `this run cost ${formatUsd(usd)}` })

  const { runId } = request.lab.request
  const report = {
    name,
    model: request.lab.kind === 'rented' ? request.lab.request.wish.model : request.lab.request.model,
    ...(runId === undefined ? {} : { runId }),
    ...(lab.value ? { lab: lab.value } : {}),
    ...(command.value ? { command: command.value } : {}),
    ...(down.value ? { down: down.value } : {}),
    usd,
    upMs,
    elapsedMs: elapsed(),
  }
  return { report, errors: errorsOf(name, lab, command, down, stop) }
}

const LAST_LINES = 20

/** What the engine said last of a lab that did not come up: its logs go with it. */
async function tellLog(name: string, context: Context, signal: AbortSignal): Promise<void> {
  if (!readLocalLab(context.paths, name)?.laboratory) return
  const { lines } = await readLog({ name, source: 'engine', tail: LAST_LINES }, context, signal)
  for (const text of lines) context.emit({ type: 'note', step: 'engine', text })
}
