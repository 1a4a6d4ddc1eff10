/** What the journal of a machine has of its engine. */
import { inTime } from '../../errors/in-time.js'
import type { Clock, RemoteMachine } from '../../ports.js'
import { TELLING_LINES } from '../drift.js'
import { elevated, journal, type OnMachine } from './on-machine.js'

const LAST_LINES = 400
const LIMIT_MS = 20_000

/** The engine's last lines since then (as journalctl takes a time). Rejects when the connection is lost, or it takes too long. */
export const lastLines = (
  machine: Pick<RemoteMachine, 'run'>,
  on: OnMachine,
  since: string,
  deps: { readonly clock: Clock },
  signal: AbortSignal,
): Promise<string[]> =>
  linesOf(machine, journal(on, { units: ['engine'], output: 'cat', since, tail: LAST_LINES }), deps, signal)

/** Those lines of the engine's that say what it takes: picked on the machine, as its journal may be long. */
export const measuredLines = (
  machine: Pick<RemoteMachine, 'run'>,
  on: OnMachine,
  since: string,
  deps: { readonly clock: Clock },
  signal: AbortSignal,
): Promise<string[]> => {
  const [program, ...args] = journal(on, { units: ['engine'], output: 'cat', since })
  const pick = 'pattern=$1; shift; "$@" | grep -E "$pattern" | tail -n 100'
  return linesOf(machine, ['sh', '-c', pick, 'sh', TELLING_LINES, program, ...args], deps, signal)
}

async function linesOf(
  machine: Pick<RemoteMachine, 'run'>,
  argv: readonly [string, ...string[]],
  { clock }: { readonly clock: Clock },
  signal: AbortSignal,
): Promise<string[]> {
  const { stdout } = await runWithin(machine, argv, clock, signal)
  return stdout.split('\n').filter((line) => line !== '')
}

/** Runs it, and not for longer than 20 s. */
export const runWithin = (
  machine: Pick<RemoteMachine, 'run'>,
  argv: readonly [string, ...string[]],
  clock: Clock,
  signal: AbortSignal,
): ReturnType<RemoteMachine['run']> =>
  inTime(LIMIT_MS, tooLate, clock, signal, (limited) => machine.run({ argv }, limited))

const tooLate = (): Error => new Error(`the machine did not do it within ${String(LIMIT_MS / 1000)} s`)

/** A file of labos's on the machine, read with the rights that it needs. Undefined where it is not there, or empty. */
export async function readThere(
  machine: Pick<RemoteMachine, 'run'>,
  on: OnMachine,
  name: string,
  clock: Clock,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { exitCode, stdout } = await runWithin(machine, elevated(on, ['cat', `${on.home}/${name}`]), clock, signal)
  return exitCode === 0 && stdout.trim() !== '' ? stdout.trim() : undefined
}
