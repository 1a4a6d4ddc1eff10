/** Why a machine does not serve, and the one thing that is done about it. */
import type { Engine } from '../../engines/engine.js'
import type { Clock, RemoteMachine } from '../../ports.js'
import { clause } from '../../ui/text.js'
import { diagnose } from '../diagnose.js'
import { type KvRepair, kvRepair } from '../kv-repair.js'
import { lastLines, runWithin } from './journal.js'
import { elevated, type OnMachine } from './on-machine.js'
import { adviceFor } from './phase-advice.js'
import type { Phase } from './phases.js'
import type { Failure } from './state.js'

export type Finding = { readonly repair: KvRepair } | { readonly failure: Failure }

export interface Looked extends OnMachine {
  readonly engine: Engine
  /** The context was shortened before: that is done once. */
  readonly isRepaired: boolean
}

/** Causes behind which the engine itself has more to say. */
const SAID_BY_ENGINE: ReadonlySet<string | undefined> = new Set(['engine.exit', 'engine.config'])

/**
 * Of a set-up that failed. A context that is too long for the GPU is shortened to what the engine says it has room for, and
 * all is started again. Rejects when the connection is lost meanwhile.
 */
export async function lookInto(
  failed: Phase,
  since: string,
  what: Looked,
  deps: { readonly machine: RemoteMachine; readonly clock: Clock },
  signal: AbortSignal,
): Promise<Finding> {
  const inGeneral = { detail: `${sentence(failed.text)} ${adviceFor(failed.cause)}`, ...causeOf(failed.cause) }
  if (!SAID_BY_ENGINE.has(failed.cause)) return { failure: inGeneral }
  const lines = await lastLines(deps.machine, what, since, deps, signal)
  const repair = what.isRepaired ? undefined : kvRepair(lines)
  if (repair && (await setContext(repair.toTokens, what, deps, signal))) return { repair }
  return { failure: explained(lines, what.engine) ?? inGeneral }
}

/** What the engine's own words say of its end. */
export function explained(lines: readonly string[], { logRules }: Engine): Failure | undefined {
  const found = diagnose(logRules, lines)
  return found && { detail: `${sentence(found.evidence)} ${found.advice}`, cause: found.cause }
}

async function setContext(
  tokens: number,
  what: OnMachine,
  { machine, clock }: { readonly machine: RemoteMachine; readonly clock: Clock },
  signal: AbortSignal,
): Promise<boolean> {
  const argv = elevated(what, ['sh', `${what.home}/bin/serve.sh`, 'set-context', String(tokens)])
  return (await runWithin(machine, argv, clock, signal)).exitCode === 0
}

const LONGEST_EVIDENCE = 300

/** `(EngineCore pid=71) ERROR 11-26 00:02:38 [core.py:1510] `: who said it where is for the log. */
const SPEAKER = /^\([^)]*\) (?:[A-Z]+ [\d-]+ [\d:]+ \[[^\]]*\] )?/

function sentence(line: string): string {
  const text = line.replace(SPEAKER, '')
  return `${text.length > LONGEST_EVIDENCE ? `${text.slice(0, LONGEST_EVIDENCE)}…` : clause(text)}.`
}

const causeOf = (cause: string | undefined): { cause?: string } => (cause === undefined ? {} : { cause })
