/** What a run was and cost, and what went wrong in it. Pure. */
import { interrupted } from '../../errors/interrupted.js'
import { LabosError } from '../../errors/labos-error.js'
import { endText } from '../../ui/lines.js'
import type { DownResult } from '../down-result.js'
import type { LabStatus } from '../lab-status.js'
import type { CommandReport } from './command.js'

/** Public: `labos run --json` prints it. */
export interface RunReport {
  readonly name: string
  readonly model: string
  readonly runId?: string
  /** Absent: it never came up. */
  readonly lab?: LabStatus
  /** Absent: it was never started. */
  readonly command?: CommandReport
  /** What was given back; absent where that failed. */
  readonly down?: DownResult
  /** Cost of the lab's whole life in US dollars; null = not known. */
  readonly usd: number | null
  readonly upMs: number
  readonly elapsedMs: number
}

export interface RunOutcome {
  readonly report: RunReport
  /** Oldest first; none: the command's own exit is all there is to say. */
  readonly errors: readonly unknown[]
}

export interface Attempt<T> {
  readonly value?: T
  readonly error?: unknown
}

/** How it went, as a value. */
export const attempt = <T>(work: Promise<T>): Promise<Attempt<T>> =>
  work.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  )

/** What the whole lab cost. One that somebody else ended while we ran is not known. */
export const costOf = (lab: LabStatus | undefined, down: DownResult | undefined): number | null =>
  down === undefined || (down.outcome === 'not-found' && lab?.provider === 'aws') ? null : down.usd

/**
 * What to say went wrong, each with what exists now. A lab that could not be taken down is said beside whatever else there
 * is: it may go on costing money.
 */
export function errorsOf(
  name: string,
  lab: Attempt<LabStatus>,
  command: Attempt<CommandReport>,
  down: Attempt<DownResult>,
  stop: LabosError | undefined,
): unknown[] {
  const first = lab.error ?? command.error ?? stop
  const before = first === undefined ? [] : [first]
  if (down.error !== undefined) return [...before, notDown(name, down.error, command.value)]
  // Where `up` undid it all itself there is nothing to take down, and its own words say so.
  if (down.value?.outcome !== 'removed') return before
  return before.map((error) => told(error, `${name} is gone again.`))
}

/** The reason of the signal says how `up` goes on; a run starts anew. */
export const stopped = ({ reason }: AbortSignal): LabosError =>
  new LabosError('interrupted', (reason instanceof LabosError ? reason : interrupted('a signal')).message, {
    suggestions: ['Run the same command again: it makes a new lab.'],
  })

const told = (error: unknown, aftermath: string): unknown =>
  error instanceof LabosError ? error.withAftermath(aftermath) : error

/** Not to be able to ask whether it is gone is no better than to see that it is not. */
function notDown(name: string, error: unknown, command: CommandReport | undefined): unknown {
  if (!(error instanceof LabosError)) return error
  const { code, message, suggestions, aftermath } = error
  const ended = command === undefined ? 'The command did not run.' : `The command itself ended: ${endText(command)}.`
  return new LabosError(
    'teardown.incomplete',
    code === 'teardown.incomplete' ? message : `${name} is not seen to be gone: ${message}`,
    {
      suggestions: [...suggestions, `Then take it down: \`labos down ${name}\`.`],
      aftermath: aftermath === undefined ? ended : `${ended} ${aftermath}`,
      cause: error,
    },
  )
}
