/** The built CLI with a home of its own and the test cloud: what the crash matrix kills and asks. */
import { spawn, type ChildProcess } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { endNow, runs } from '../fakes/cli.js'

export const BIN = resolve(import.meta.dirname, '../../bin/run.cjs')
const LONGEST_MS = 120_000

export interface Ended {
  /** -1: ended by a signal. */
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

export interface Subject {
  readonly lab: string
  readonly home: string
  /** All that the CLI is given. */
  readonly env: Readonly<Record<string, string>>
  /** Killed after `limitMs`, two minutes by default. */
  start(args: readonly string[], limitMs?: number): { readonly child: ChildProcess; readonly ended: Promise<Ended> }
  run(...args: readonly string[]): Promise<Ended>
  /** Pids of those that work on the lab's stack now. */
  workers(role: 'engine' | 'provider'): number[]
  /** Locks of Pulumi that are left. */
  locks(): string[]
  /** Ends what still runs of it, and removes its home. */
  close(): void
}

/** `home`: of another subject, to go on with its labs in another environment. */
export function makeSubject(
  more: Readonly<Record<string, string>>,
  home: string = mkdtempSync(join(tmpdir(), 'labos-crash-')),
): Subject {
  const lab = 'crash'
  const env = { PATH: process.env['PATH'] ?? '', HOME: home, LABOS_HOME: home, NO_COLOR: '1', ...more }
  const stack = join(home, 'labs', lab, 'stack')
  const start: Subject['start'] = (args, limitMs = LONGEST_MS) => {
    const child = spawn(process.execPath, [BIN, ...args], {
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: limitMs,
      killSignal: 'SIGKILL',
    })
    let [stdout, stderr] = ['', '']
    child.stdout.on('data', (piece: Buffer) => (stdout += piece.toString()))
    child.stderr.on('data', (piece: Buffer) => (stderr += piece.toString()))
    const ended = new Promise<Ended>((done) =>
      child.once('close', (code) => done({ exitCode: code ?? -1, stdout, stderr })),
    )
    return { child, ended }
  }
  const marks = (role: string): number[] =>
    filesIn(join(stack, 'running'))
      .filter((name) => name.startsWith(`${role}-`))
      .map((name) => Number(/\d+/.exec(name)?.[0]))
      .filter(runs)
  return {
    lab,
    home,
    env,
    start,
    run: (...args) => start(args).ended,
    workers: marks,
    locks: () => filesIn(join(stack, 'state/.pulumi/locks'), true).filter((name) => name.endsWith('.json')),
    close: () => {
      for (const pid of [...marks('engine'), ...marks('provider')]) endNow(pid)
      rmSync(home, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

const filesIn = (dir: string, recursive = false): string[] =>
  existsSync(dir) ? readdirSync(dir, { encoding: 'utf8', recursive }) : []
