/** A command at a terminal of its own: util-linux's `script`, whose keyboard is a pipe. */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { BIN } from '../crash/subject.js'

export interface Terminal {
  /** As if it was typed. */
  type(text: string): void
  /** Resolves when the screen has shown it; rejects with the screen where it does not in time. */
  shows(pattern: RegExp): Promise<void>
  /** All that it has shown until now. */
  screen(): string
  /** The terminal goes away, as when its window is closed. */
  close(): void
  /** Of the command. */
  readonly pid: number
  /** When the command has ended: its exit, and all that the screen has shown. */
  readonly ended: Promise<{ readonly exitCode: number; readonly screen: string }>
}

const SHOWS_MS = 100_000

export const CTRL_C = '\u0003'

/** Why there can be none here; undefined where there can. */
export function withoutTerminals(): string | undefined {
  if (process.platform !== 'linux') return 'this machine has no util-linux'
  try {
    return execFileSync('script', ['--version'], { encoding: 'utf8' }).includes('util-linux')
      ? undefined
      : 'this machine has another script than that of util-linux'
  } catch {
    return 'this machine has no script of util-linux'
  }
}

export function atTerminal({ env }: { readonly env: NodeJS.ProcessEnv }, args: readonly string[]): Terminal {
  // At Ctrl-C the kernel throws away what is on its way to the screen, an answer to that Ctrl-C too where it was quick.
  const command = ['stty noflsh;', 'exec', ...[process.execPath, BIN, ...args].map(quoted)].join(' ')
  const child = spawn('script', ['--quiet', '--flush', '--return', '--command', command, '/dev/null'], {
    env: { ...env, TERM: 'xterm', COLUMNS: '80' },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  child.stdin.on('error', () => undefined) // typed after the end
  let screen = ''
  child.stdout.on('data', (piece: Buffer) => {
    screen += piece.toString()
  })
  return {
    type: (text) => void child.stdin.write(text),
    shows: async (pattern) => {
      const late = AbortSignal.timeout(SHOWS_MS)
      while (!pattern.test(screen))
        await once(child.stdout, 'data', { signal: late }).catch(() => {
          throw new Error(`the screen did not show ${String(pattern)}, but\n${screen}`)
        })
    },
    screen: () => screen,
    close: () => void child.kill('SIGKILL'),
    get pid() {
      return childOf(child)
    },
    ended: new Promise((done) => child.once('close', (code) => done({ exitCode: code ?? -1, screen }))),
  }
}

const quoted = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`

function childOf({ pid = 0 }: ChildProcess): number {
  return Number(
    readFileSync(`/proc/${String(pid)}/task/${String(pid)}/children`, 'utf8')
      .trim()
      .split(' ')[0],
  )
}
