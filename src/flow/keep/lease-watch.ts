/**
 * The lease of a machine, read from it every 15 s while there is a connection. One for a `labos run` hears each time that its
 * keeper is there, for it ends itself when it has not heard that for too long.
 */
import type { MachineLease } from '../../lease/machine-lease.js'
import { LEASE_SCRIPT, readLeaseFile } from '../../lease/seen-lease.js'
import type { Clock } from '../../ports.js'
import type { MachinePath } from '../../serve/remote/care.js'
import { runWithin } from '../../serve/remote/journal.js'
import type { OnMachine } from '../../serve/remote/on-machine.js'
import { scriptCommand } from '../machine-commands.js'
import { sayOnce } from './say-once.js'

export interface LeaseWatch {
  /** As it was read last, and how long ago by this computer's clocks. Undefined before that. */
  read(): { readonly lease: MachineLease; readonly ageMs: number } | undefined
  /** Reads now: the path is back, the computer has slept, somebody moved the deadline. Resolves when it was tried. */
  look(): Promise<void>
  /** Resolves when nothing is read any more. */
  stop(): Promise<void>
}

export interface LeaseWatchDeps {
  readonly clock: Clock
  readonly path: Pick<MachinePath, 'machine'>
  /** Whether the engine answers here. */
  isServing(): boolean
  /** Whom the lab is for, now. */
  isFor(): Promise<ForWhom>
  /** A line for the keeper's own log. */
  readonly say: (line: string) => void
}

/** `run`: a `labos run` that goes on. `user`: whoever brought it up. `nobody`: its run is gone, or the lab is. */
export type ForWhom = 'run' | 'user' | 'nobody'

const READ_MS = 15_000
/** Until the machine has seen, too, that it serves: another end holds from then on. */
const SOON_MS = 1000

export function watchLease(on: OnMachine, deps: LeaseWatchDeps): LeaseWatch {
  const { clock, isServing } = deps
  const stopping = new AbortController()
  const { signal } = stopping
  let alarm = new AbortController()
  let askers: (() => void)[] = []
  const say = sayOnce(deps.say)
  let last: { readonly lease: MachineLease; readonly monotonicMs: number; readonly wallMs: number } | undefined
  const read = async (): Promise<void> => {
    const lease = await readThrough(on, { ...deps, say }, signal)
    if (lease) last = { lease, monotonicMs: clock.monotonicMs(), wallMs: clock.now() }
  }
  const watch = async (): Promise<void> => {
    while (!signal.aborted) {
      alarm = new AbortController()
      const either = AbortSignal.any([alarm.signal, signal])
      const asked = askers
      askers = []
      await read().catch(() => undefined) // the connection was lost: the next one tells
      for (const tell of asked) tell()
      const isBehind = isServing() && last?.lease.isServed !== true
      await clock.sleep(isBehind ? SOON_MS : READ_MS, either).catch(() => undefined)
    }
    for (const tell of askers) tell()
  }
  const done = watch()
  return {
    read: () =>
      // The one clock stands still while the computer sleeps, the other may be set: the longer time counts.
      last && {
        lease: last.lease,
        ageMs: Math.max(0, clock.monotonicMs() - last.monotonicMs, clock.now() - last.wallMs),
      },
    look: () =>
      new Promise((resolve) => {
        askers.push(resolve)
        alarm.abort()
      }),
    stop: async () => {
      stopping.abort()
      await done
    },
  }
}

async function readThrough(
  on: OnMachine,
  { clock, path, isFor, say }: LeaseWatchDeps,
  signal: AbortSignal,
): Promise<MachineLease | undefined> {
  const machine = path.machine()
  if (!machine) return undefined
  const tell = async (word: 'heard' | 'free'): Promise<void> => {
    try {
      const { exitCode, stderr } = await runWithin(machine, scriptCommand(on, 'lease.sh', word).argv, clock, signal)
      if (exitCode !== 0) say(`lease.sh ${word} ends with ${String(exitCode)}: ${stderr.trim()}`)
    } catch (error) {
      say(`lease.sh ${word}: ${String(error)}`) // the lease may be read all the same
    }
  }
  const whom = await isFor()
  if (whom === 'run') await tell('heard')
  const argv = ['sh', '-c', LEASE_SCRIPT, 'sh', `${on.home}/lease.json`] as const
  const { exitCode, stdout } = await runWithin(machine, argv, clock, signal)
  const lease = exitCode === 0 ? readLeaseFile(stdout) : undefined
  // Its run was killed, and somebody took it over who may well shut the lid.
  if (lease && whom === 'user' && lease.unheardLimitSeconds !== null) await tell('free')
  return lease
}
