/** How far a machine is: what its phase file says. Pure; a line that is torn or of a newer labos is passed over. */
import * as z from 'zod/mini'

export const PHASES = ['driver', 'engine', 'weights', 'serve'] as const
export type PhaseName = (typeof PHASES)[number]

const count = z.exactOptional(z.number().check(z.nonnegative()))
const lineShape = z.object({
  /** Seconds since the epoch, by the machine's clock. */
  t: z.number(),
  /** Which run of the bootstrap this was said in, from 1. */
  boot: z.number(),
  phase: z.enum(PHASES),
  state: z.enum(['running', 'waiting', 'done', 'failed']),
  done: count,
  total: count,
  rate: count,
  stall: count,
  text: z.exactOptional(z.string()),
  cause: z.exactOptional(z.string()),
})

export type PhaseLine = z.infer<typeof lineShape>

export interface Phase {
  readonly state: PhaseLine['state']
  /** When it began in this boot and when it was last heard of; seconds since the epoch, machine's clock. */
  readonly since: number
  readonly at: number
  readonly text?: string
  /** Bytes; the total is absent where it is not known beforehand. */
  readonly done?: number
  readonly total?: number
  /** Bytes per second. */
  readonly rate?: number
  readonly etaSeconds?: number
  /** Seconds without a byte. */
  readonly stallSeconds?: number
}

export interface PhaseFailure {
  readonly phase: PhaseName
  /** Stable: `driver.count`, `weights.gated`, ... */
  readonly cause: string
  readonly text: string
}

export interface Phases {
  /** 0 before the bootstrap ran. */
  readonly boot: number
  readonly phases: Partial<Readonly<Record<PhaseName, Phase>>>
  /** The first failure of the last boot. */
  readonly failed?: PhaseFailure
}

export const NO_PHASES: Phases = { boot: 0, phases: {} }

export function readPhaseLine(line: string): PhaseLine | undefined {
  try {
    const parsed = lineShape.safeParse(JSON.parse(line))
    return parsed.success ? parsed.data : undefined
  } catch {
    return undefined
  }
}

/** What is known after one more line. A new boot begins anew; what an earlier one still had to say is passed over. */
export function afterLine(phases: Phases, line: PhaseLine): Phases {
  if (line.boot < phases.boot) return phases
  const before = line.boot > phases.boot ? { ...NO_PHASES, boot: line.boot } : phases
  const phase = phaseOf(line, before.phases[line.phase])
  const failed = before.failed ?? failureOf(line)
  return { boot: line.boot, phases: { ...before.phases, [line.phase]: phase }, ...(failed ? { failed } : {}) }
}

/** Of the whole file. */
export const readPhases = (text: string): Phases =>
  text
    .split('\n')
    .map(readPhaseLine)
    .filter((line) => line !== undefined)
    .reduce(afterLine, NO_PHASES)

const phaseOf = ({ t, state, text, done, total, rate, stall }: PhaseLine, before: Phase | undefined): Phase => ({
  state,
  since: before?.since ?? t,
  at: t,
  ...known({ text, done, total, rate, stallSeconds: stall === 0 ? undefined : stall }),
  ...(state === 'running' ? known({ etaSeconds: etaOf(done, total, rate) }) : {}),
})

/** Seconds; undefined while nothing moves, or nobody knows how much is to come. */
function etaOf(done: number | undefined, total: number | undefined, rate: number | undefined): number | undefined {
  if (done === undefined || total === undefined || !rate) return undefined
  return Math.ceil(Math.max(0, total - done) / rate)
}

/** Without what is undefined. */
const known = <T extends object>(facts: T): { [K in keyof T]?: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>
  }

const failureOf = ({ phase, state, cause, text }: PhaseLine): PhaseFailure | undefined =>
  state === 'failed' ? { phase, cause: cause ?? `${phase}.failed`, text: text ?? '' } : undefined
