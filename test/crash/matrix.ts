/**
 * The crash matrix: `up` and `down` with one process killed at one request to AWS, then `up` again or `down`. The requests are
 * those of a run without a crash, read from the cloud's journal: all of them, not a choice.
 */
import type { Cloud, JournalEntry } from '../cloud/cloud.js'
import type { FaultKind } from '../cloud/faults.js'
import { endNow } from '../fakes/cli.js'
import { makeSubject, type Subject } from './subject.js'

/** The n-th request (from 0) of that action. */
export interface Point {
  readonly service: string
  readonly action: string
  readonly nth: number
}

export const victims = ['labos', 'engine', 'provider'] as const
export type Victim = (typeof victims)[number]

/** `before`: the request never arrives. `after`: it is carried out, its answer is lost to whoever is killed. */
export type Phase = 'before' | 'after'

export interface Crash {
  readonly command: 'up' | 'down'
  readonly point: Point
  readonly phase: Phase
  readonly victim: Victim
  readonly then: 'up' | 'down'
}

export interface Verdict {
  /** `not-running`: the victim did not run at that request. `not-reached`: that request was not made this time. */
  readonly outcome: 'held' | 'broken' | 'not-running' | 'not-reached'
  /** What is not as promised. */
  readonly broken: readonly string[]
}

export const UP = ['up', 'deepseek-coder-v2', '--until', 'machine', '--yes', '--name']

/** The requests of a command that runs to its end, in order. Polls are in it as often as they happened to be made. */
export async function pointsOf(command: 'up' | 'down', cloud: Cloud, env: Env): Promise<Point[]> {
  const subject = makeSubject({ ...cloud.env, ...env })
  try {
    const first = cloud.journal.length
    await expectZero(subject, ...UP, subject.lab)
    const second = cloud.journal.length
    await expectZero(subject, 'down', subject.lab)
    return points(command === 'up' ? cloud.journal.slice(first, second) : cloud.journal.slice(second))
  } finally {
    subject.close()
  }
}

type Env = Readonly<Record<string, string>>

async function expectZero(subject: Subject, ...args: string[]): Promise<void> {
  const { exitCode, stderr } = await subject.run(...args)
  if (exitCode !== 0) throw new Error(`labos ${args.join(' ')} ended with ${String(exitCode)}: ${stderr}`)
}

function points(entries: readonly JournalEntry[]): Point[] {
  const counts = new Map<string, number>()
  return entries.map(({ service, action }) => {
    const key = `${service} ${action}`
    const nth = counts.get(key) ?? 0
    counts.set(key, nth + 1)
    return { service, action, nth }
  })
}

/** One cell of the matrix: the crash, what follows it, and at the end always `down`. */
export async function crash(wish: Crash, cloud: Cloud, env: Env): Promise<Verdict> {
  const subject = makeSubject({ ...cloud.env, ...env })
  try {
    if (wish.command === 'down') await expectZero(subject, ...UP, subject.lab)
    const killed = await killAt(wish, subject, cloud)
    if (killed !== 'killed') {
      await subject.run('down', subject.lab, '--ignore-not-found')
      return { outcome: killed, broken: [] }
    }
    const broken = [
      ...(await checkReadable(subject)),
      ...(wish.then === 'up' ? await upAgain(subject, cloud) : []),
      ...(await downAtLast(subject, cloud)),
    ]
    return { outcome: broken.length === 0 ? 'held' : 'broken', broken }
  } finally {
    subject.close()
  }
}

async function killAt(
  { command, point, phase, victim }: Crash,
  subject: Subject,
  cloud: Cloud,
): Promise<'killed' | 'not-running' | 'not-reached'> {
  let result: 'killed' | 'not-running' | 'not-reached' = 'not-reached'
  const started: { pid?: number | undefined } = {}
  const call = async (at: Phase): Promise<'cut' | undefined> => {
    if (at !== phase) return undefined
    const pids = victim === 'labos' ? [started.pid ?? 0] : subject.workers(victim)
    result = pids.length > 0 ? 'killed' : 'not-running'
    for (const pid of pids) endNow(pid)
    // What is killed hears no answer; whoever else asked hears none either.
    return result === 'killed' ? 'cut' : undefined
  }
  const { service, action, nth } = point
  const mend = cloud.fault({ service, action, skip: nth, times: 1, kind: { call } })
  const { child, ended } = subject.start(command === 'up' ? [...UP, subject.lab] : ['down', subject.lab])
  started.pid = child.pid
  await ended
  mend()
  return result
}

/** The record parses, whatever happened to whoever wrote it. */
async function checkReadable(subject: Subject): Promise<string[]> {
  const { exitCode, stdout } = await subject.run('ps', '--json')
  return exitCode === 0 && !stdout.includes('"damaged"') ? [] : [`ps ended with ${String(exitCode)}: ${stdout}`]
}

async function upAgain(subject: Subject, cloud: Cloud): Promise<string[]> {
  const { exitCode, stderr } = await subject.run(...UP, subject.lab)
  const machines = (await cloud.leftovers()).filter(({ kind }) => kind === 'machine')
  return [
    ...(exitCode === 0 ? [] : [`up again ended with ${String(exitCode)}: ${lastLines(stderr)}`]),
    ...(machines.length === 1 ? [] : [`${String(machines.length)} machines after up again`]),
    ...subject.locks().map((lock) => `lock left: ${lock}`),
  ]
}

async function downAtLast(subject: Subject, cloud: Cloud): Promise<string[]> {
  // Where the record is gone already it looks there, not in every region of AWS.
  const { exitCode, stderr } = await subject.run('down', subject.lab, '--ignore-not-found', '--region', 'us-east-1')
  const left = await cloud.leftovers()
  return [
    ...(exitCode === 0 ? [] : [`down ended with ${String(exitCode)}: ${lastLines(stderr)}`]),
    ...left.map(({ kind, id }) => `left: ${kind} ${id}`),
    ...[...subject.workers('engine'), ...subject.workers('provider')].map((pid) => `still runs: ${String(pid)}`),
  ]
}

/** What AWS may do to a request, beside refusing it: one request of a run meets it once. */
export const troubles: Readonly<Record<string, FaultKind>> = {
  'answer lost': { cut: 'after' },
  'request lost': { cut: 'before' },
  throttled: { error: 'RequestLimitExceeded' },
  fault: { error: 'InternalError' },
  'no answer': { hang: 'after' },
}

/** A command that meets trouble either does it all the same, or says that it did not and has left nothing; then `down`. */
export async function meetTrouble(
  command: 'up' | 'down',
  point: Point,
  kind: FaultKind,
  cloud: Cloud,
  env: Env,
): Promise<Verdict & { readonly exitCode: number }> {
  const subject = makeSubject({ ...cloud.env, ...env })
  try {
    if (command === 'down') await expectZero(subject, ...UP, subject.lab)
    const { service, action, nth } = point
    const mend = cloud.fault({ service, action, skip: nth, times: 1, kind })
    const { exitCode, stderr } = await subject.run(...(command === 'up' ? UP : ['down']), subject.lab)
    mend()
    const left = await cloud.leftovers()
    const said = command === 'up' ? upAsSaid(exitCode, stderr, left) : downAsSaid(exitCode, left)
    const isOurs = exitCode === 1 || exitCode === -1 ? [`ended with ${String(exitCode)}: ${lastLines(stderr)}`] : []
    const broken = [...isOurs, ...said, ...(await downAtLast(subject, cloud))]
    return { outcome: broken.length === 0 ? 'held' : 'broken', broken, exitCode }
  } finally {
    subject.close()
  }
}

type Left = Awaited<ReturnType<Cloud['leftovers']>>

/** Up means one machine; anything that stays after a failure has to be in the error, with what removes it. */
function upAsSaid(exitCode: number, stderr: string, left: Left): string[] {
  const machines = left.filter(({ kind }) => kind === 'machine').length
  if (exitCode === 0) return machines === 1 ? [] : [`up with ${String(machines)} machines`]
  const isTold = left.length === 0 || /labos down/.test(stderr)
  return isTold ? [] : [`left without a word: ${left.map(({ id }) => id).join(', ')}`]
}

const downAsSaid = (exitCode: number, left: Left): string[] =>
  exitCode === 0 && left.length > 0 ? ['down said gone, and it is not'] : []

const lastLines = (text: string): string => text.trim().split('\n').slice(-6).join(' | ')
