/** How far a machine is with becoming a laboratory: the lines of its `phases.ndjson`, read one after the other. Pure. */
import * as z from 'zod/mini'
import { formatBytes, formatDuration } from '../../ui/format.js'

export const phaseNames = ['driver', 'engine', 'weights', 'serve'] as const
export type PhaseName = (typeof phaseNames)[number]

const count = z.exactOptional(z.number())

const phaseLine = z.object({
  t: z.number(),
  boot: z.number(),
  phase: z.enum(phaseNames),
  state: z.enum(['running', 'waiting', 'done', 'failed']),
  done: count,
  total: count,
  rate: count,
  stall: count,
  text: z.exactOptional(z.string()),
  cause: z.exactOptional(z.string()),
})

/** Public in `labos status --json`. */
export interface Phase {
  readonly name: PhaseName
  readonly state: 'running' | 'waiting' | 'done' | 'failed'
  /** Bytes. */
  readonly done?: number
  readonly total?: number
  /** Bytes a second. */
  readonly rate?: number
  readonly etaSeconds?: number
  /** Without progress for so long. */
  readonly stallSeconds?: number
  /** For people: what it does, how far it is. */
  readonly text: string
  /** Stable name of what went wrong, where it failed. */
  readonly cause?: string
}

export interface PhaseBook {
  /** Runs of the machine's own set-up so far. */
  readonly boot: number
  /** What was said in this run, in the order of `phaseNames`. */
  readonly phases: readonly Phase[]
  /** When the engine was started in this run: seconds since the epoch, by the machine's clock. */
  readonly serveSince?: number
}

export const noPhases: PhaseBook = { boot: 0, phases: [] }

/** The book with one more line. A later run begins anew; what is no line of it, or of an earlier run, changes nothing. */
export function withPhaseLine(book: PhaseBook, line: string): PhaseBook {
  const parsed = phaseLine.safeParse(parse(line))
  if (!parsed.success || parsed.data.boot < book.boot) return book
  const { boot, phase, state, t } = parsed.data
  const before = boot > book.boot ? { ...noPhases, boot } : book
  const all = new Map([...before.phases, phaseOf(parsed.data)].map((each) => [each.name, each]))
  const serveSince = before.serveSince ?? (phase === 'serve' && state !== 'waiting' ? t : undefined)
  return {
    boot,
    phases: phaseNames.flatMap((name) => all.get(name) ?? []),
    ...(serveSince === undefined ? {} : { serveSince }),
  }
}

/** True for a line that was not cut off. */
export const isWholeLine = (line: string): boolean => parse(line) !== undefined

function parse(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}

type Line = z.infer<typeof phaseLine>

function phaseOf(line: Line): Phase {
  const { phase: name, state, done, total, rate, stall, cause } = line
  const etaSeconds = eta(line)
  return {
    name,
    state,
    ...(done === undefined ? {} : { done }),
    ...(total === undefined ? {} : { total }),
    ...(rate === undefined ? {} : { rate }),
    ...(etaSeconds === undefined ? {} : { etaSeconds }),
    ...(stall === undefined || stall === 0 ? {} : { stallSeconds: stall }),
    text: textOf(line, etaSeconds),
    ...(cause === undefined ? {} : { cause }),
  }
}

const eta = ({ done, total, rate, state }: Line): number | undefined =>
  state === 'running' && done !== undefined && total !== undefined && rate !== undefined && rate > 0
    ? Math.ceil(Math.max(0, total - done) / rate)
    : undefined

const WORK: Readonly<Record<PhaseName, string>> = {
  driver: 'looking at the GPU and its driver',
  engine: 'installing the engine',
  weights: 'downloading the weights',
  serve: 'starting the engine',
}

/** Bytes that do not move for less than this are no stall. */
export const STALL_SECONDS = 10

/** `downloading the weights: 12.3 GB of 31.4 GB, 96 MB/s, 3 m 19 s left`. */
function textOf(line: Line, etaSeconds: number | undefined): string {
  const { phase, state, text } = line
  if (state === 'waiting') return `${phase}: ${text ?? 'waits'}`
  if (state === 'running') {
    const facts = [...(text === undefined ? [] : [text]), ...bytesText(line), ...paceText(line, etaSeconds)]
    return facts.length === 0 ? WORK[phase] : `${WORK[phase]}: ${facts.join(', ')}`
  }
  return text ?? (state === 'failed' ? `${phase} failed` : 'done')
}

function bytesText({ done, total }: Line): string[] {
  if (done === undefined) return []
  return [total === undefined ? formatBytes(done) : `${formatBytes(done)} of ${formatBytes(total)}`]
}

function paceText({ done, rate, stall = 0 }: Line, etaSeconds: number | undefined): string[] {
  if (done === undefined) return []
  if (stall >= STALL_SECONDS) return [`stalled for ${formatDuration(stall * 1000)}`]
  return [
    ...(rate === undefined ? [] : [`${formatBytes(rate)}/s`]),
    ...(etaSeconds === undefined ? [] : [`${formatDuration(etaSeconds * 1000)} left`]),
  ]
}

/** What goes on, for people; undefined where nothing was said that goes on. */
export function goingOn({ phases }: PhaseBook): string | undefined {
  const running = phases.filter(({ state }) => state === 'running').map(({ text }) => text)
  return running.length === 0 ? phases.find(({ state }) => state === 'waiting')?.text : running.join('; ')
}

export const failedPhase = ({ phases }: PhaseBook): Phase | undefined => phases.find(({ state }) => state === 'failed')
