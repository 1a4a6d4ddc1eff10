import { resolve } from 'node:path'
import type { Context } from '../../src/flow/context.js'
import type { KeeperRecord, LocalLab } from '../../src/state/record.js'
import type { Paths } from '../../src/state/paths.js'
import type { LabosEvent } from '../../src/ui/events.js'
import type { PortHolder, ProcessRef, Processes, Provider } from '../../src/ports.js'
import { saveKeeper, saveLab } from '../../src/state/store.js'
import { fakeClock, type FakeClock } from './clock.js'
import { someFacts, somePlan } from './plan.js'
import { tempDir } from './temp-dir.js'

export interface FakeContext extends Context {
  readonly clock: FakeClock
  readonly processes: FakeProcesses
  /** What was emitted, oldest first. */
  readonly events: readonly LabosEvent[]
}

/** A world in which nothing runs, every port is free and nobody answers; a test passes what it wants otherwise. */
export function fakeContext(more: Partial<Context> & { readonly processes?: FakeProcesses } = {}): FakeContext {
  const dir = tempDir()
  const clock = fakeClock()
  const events: LabosEvent[] = []
  const absent = (what: string) => (): Promise<never> => Promise.reject(new Error(`this test has no ${what}`))
  return {
    paths: { labsDir: resolve(dir, 'labs'), cacheDir: resolve(dir, 'cache'), configFile: resolve(dir, 'config.yaml') },
    templatesDir: resolve(import.meta.dirname, '../../templates'),
    env: {},
    ports: fakePorts(),
    provider: fakeProvider(),
    machine: {
      run: absent('programs'),
      which: () => Promise.resolve(undefined),
      dial: () => {
        throw new Error('this test has no connections')
      },
    },
    fetch: absent('network'),
    ask: absent('keeper that answers'),
    launcher: { launch: absent('launcher') },
    aws: absent('AWS'),
    stack: { ready: absent('engine'), up: absent('engine'), settle: async () => ({}), forget: async () => undefined },
    reach: async () => true,
    attachSsh: absent('machine to log in on'),
    ssh: absent('machine to log in on'),
    makeSshKey: (comment) => ({ privateKey: `private ${comment}`, publicKey: `ssh-ed25519 AAAA ${comment}` }),
    startChild: absent('programs'),
    version: '0.0.0',
    owner: 'ada@lab',
    user: { name: 'ada', home: dir, platform: 'linux' },
    self: { pid: 1, startTime: 't1' },
    emit: (event) => void events.push(event),
    ...more,
    processes: more.processes ?? fakeProcesses([1]),
    clock,
    events,
  }
}

export interface FakeProcesses extends Processes {
  /** Pids that run; their start time is `t` and the pid. */
  readonly running: Set<number>
  /** What was sent, for example `SIGTERM 7`. */
  readonly sent: readonly string[]
}

/** Processes that end at the first signal, unless `obeys` says that this one does not. */
export function fakeProcesses(
  pids: readonly number[],
  obeys: (pid: number, signal: string) => boolean = () => true,
): FakeProcesses {
  const running = new Set(pids)
  const sent: string[] = []
  const isAlive = ({ pid, startTime }: ProcessRef): boolean => running.has(pid) && startTime === `t${String(pid)}`
  return {
    running,
    sent,
    find: async (pid) => (running.has(pid) ? { pid, startTime: `t${String(pid)}` } : undefined),
    isAlive: async (ref) => isAlive(ref),
    kill: async (ref, signal) => {
      if (!isAlive(ref)) return
      sent.push(`${signal} ${String(ref.pid)}`)
      if (obeys(ref.pid, signal)) running.delete(ref.pid)
    },
  }
}

/** Ports of which only the given ones are taken. */
export const fakePorts = (taken: Readonly<Record<number, PortHolder>> = {}): Context['ports'] => ({
  holder: async (port) => taken[port],
  free: async () => 50_000,
})

/** A provider of a computer with the facts of `someFacts`, whose labs end at once. */
export const fakeProvider = (more: Partial<Provider> = {}): Provider => ({
  name: 'local',
  facts: async () => someFacts,
  destroy: async () => [],
  open: () => {
    throw new Error('this test opens no machine')
  },
  ...more,
})

/** Saves the record of a lab as `up` leaves it. */
export async function saveSomeLab(paths: Paths, name: string, more: Partial<LocalLab> = {}): Promise<LocalLab> {
  const record: LocalLab = {
    version: 1,
    id: `lab-${name}`,
    name,
    createdAt: '2026-01-01T00:00:00.000Z',
    plan: somePlan(),
    stepsDone: ['plan', 'laboratory', 'endpoint', 'serving'],
    ...more,
  }
  await saveLab(paths, record)
  return record
}

/** Saves the record of a keeper with pid 7. */
export async function saveSomeKeeper(paths: Paths, name: string, more: Partial<KeeperRecord> = {}): Promise<void> {
  const startedAt = '2026-01-01T00:00:05.000Z'
  await saveKeeper(paths, name, { version: 1, pid: 7, startTime: 't7', port: 8484, startedAt, ...more })
}

/** Moves time on until the work is over: files are read in real time, so one long step could pass them by. */
export async function whileTimePasses<T>(clock: FakeClock, work: Promise<T>, stepMs = 100): Promise<T> {
  const over = new AbortController()
  const end = (): void => over.abort()
  work.then(end, end)
  for (let turn = 0; turn < 10_000 && !over.signal.aborted; turn += 1) await clock.advance(stepMs)
  return work
}

/** Turns of the loop without a sleep before files are given time. */
const IDLE_TURNS = 50

/** The same, but time stands still while nothing waits for it to pass: what is measured does not depend on slow disks. */
export async function whileItWaits<T>(clock: FakeClock, work: Promise<T>, stepMs = 500): Promise<T> {
  const over = new AbortController()
  const end = (): void => over.abort()
  work.then(end, end)
  let idle = 0
  for (let turn = 0; turn < 100_000 && !over.signal.aborted; turn += 1) {
    idle = clock.sleepers > 0 ? 0 : idle + 1
    if (idle === 0) await clock.advance(stepMs)
    else await new Promise((resolve) => (idle < IDLE_TURNS ? setImmediate(resolve) : setTimeout(resolve, 1)))
  }
  return work
}
