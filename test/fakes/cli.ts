/** The built CLI in a home of its own, as a user has it. Everything it started is ended after the test file. */
import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { testCacheDir } from '../setup/test-cache.js'

const BIN = resolve(import.meta.dirname, '../../bin/run.cjs')

export interface Run {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

export interface Cli {
  readonly home: string
  /** All that the CLI is given. */
  env(more?: NodeJS.ProcessEnv): NodeJS.ProcessEnv
  run(args: readonly string[], more?: { readonly env?: NodeJS.ProcessEnv; readonly stdin?: string }): Promise<Run>
  /** Starts and does not wait. */
  start(args: readonly string[], env?: NodeJS.ProcessEnv): Started
  /** What the keeper wrote of itself. */
  keeper(name: string): { pid: number; port: number; engine?: { pid: number } }
  labFile(name: string, file: string): string
  /** Ends every lab and removes the home. */
  close(): Promise<void>
}

export interface Started {
  readonly child: ChildProcess
  readonly ended: Promise<Run & { readonly signal: NodeJS.Signals | null }>
  /** Resolves when stderr has shown this, to what matched. */
  says(pattern: RegExp): Promise<RegExpExecArray>
}

/** Variables of the one who runs the tests must not reach the CLI; the test cache gives it engine and weights. */
function cleanEnv(home: string, more: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^(?:LABOS_|CI$|CI_|GITHUB_|NO_COLOR|FORCE_COLOR|OPENAI_)/.test(name),
  )
  return {
    ...Object.fromEntries(kept),
    HOME: home,
    LABOS_HOME: join(home, 'labos'),
    LABOS_CACHE: testCacheDir(),
    ...more,
  }
}

export function cli(): Cli {
  const home = mkdtempSync(join(tmpdir(), 'labos-cli-'))
  const labs = join(home, 'labos', 'labs')
  const run: Cli['run'] = (args, { env = {}, stdin = '' } = {}) =>
    new Promise((done) => {
      const child = execFile(
        'node',
        [BIN, ...args],
        { env: cleanEnv(home, env), maxBuffer: 1e8 },
        (error, stdout, stderr) => {
          done({ exitCode: error ? Number(error.code ?? -1) : 0, stdout, stderr })
        },
      )
      child.stdin?.end(stdin)
    })
  return {
    home,
    env: (more = {}) => cleanEnv(home, more),
    run,
    start: (args, env = {}) =>
      started(spawn('node', [BIN, ...args], { env: cleanEnv(home, env), stdio: ['ignore', 'pipe', 'pipe'] })),
    keeper: (name) => JSON.parse(readFileSync(join(labs, name, 'keeper.json'), 'utf8')) as ReturnType<Cli['keeper']>,
    labFile: (name, file) => join(labs, name, file),
    close: async () => {
      for (const name of existsSync(labs) ? readdirSync(labs).filter((entry) => !entry.startsWith('.')) : []) {
        await run(['down', name, '--force', '--ignore-not-found'])
      }
      rmSync(home, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

function started(child: ChildProcess): Started {
  let stdout = ''
  let stderr = ''
  let waiting: { pattern: RegExp; done: (match: RegExpExecArray) => void }[] = []
  const look = (): void => {
    waiting = waiting.filter(({ pattern, done }) => {
      const match = pattern.exec(stderr)
      if (match) done(match)
      return !match
    })
  }
  child.stdout?.on('data', (piece: Buffer) => (stdout += piece.toString()))
  child.stderr?.on('data', (piece: Buffer) => {
    stderr += piece.toString()
    look()
  })
  return {
    child,
    ended: new Promise((done) =>
      child.once('close', (code, signal) => done({ exitCode: code ?? -1, signal, stdout, stderr })),
    ),
    says: (pattern) =>
      new Promise((done) => {
        waiting.push({ pattern, done })
        look()
      }),
  }
}

/** True while a process runs (a zombie does not). */
export function runs(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${String(pid)}/stat`, 'utf8')
    return !/^[ZX]/.test(stat.slice(stat.lastIndexOf(')') + 2))
  } catch {
    return false
  }
}

/** Ends a process that may have ended by itself just now. */
export function endNow(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // it has
  }
}

/** Asks again until it is so; fails after a minute, for computers are busy. What another process does cannot be awaited. */
export async function eventually(what: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 60_000
  while (!(await what())) {
    if (performance.now() > deadline) throw new Error(`not within a minute: ${what.toString()}`)
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
}
