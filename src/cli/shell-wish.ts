/** What `labos ssh` runs, and whether in a terminal of its own there. Pure. */
import { commandLineOf } from './shell-lines.js'
import { LabosError } from '../errors/labos-error.js'

export interface ShellWish {
  /** Absent: the login shell. */
  readonly argv?: readonly [string, ...string[]]
  readonly hasTerminal: boolean
}

/** Throws `usage.flags` for a shell that nobody could type in, and for JSON of one. */
export function shellWish(
  command: readonly string[] | undefined,
  { pty, json }: { readonly pty: boolean; readonly json: boolean },
  isTyped: boolean,
): ShellWish {
  const [program, ...args] = command ?? []
  if (program !== undefined) {
    if (json && pty)
      throw wrong('--json keeps stdout and stderr apart, and a terminal makes them one.', 'Leave out --pty.')
    return { argv: [program, ...args], hasTerminal: pty }
  }
  if (json) throw wrong('A shell has no result to show as JSON.', 'Run one command: `labos ssh --json -- nvidia-smi`.')
  if (!isTyped)
    throw wrong(
      'A shell needs a terminal, and stdin is none.',
      'Run a command: `labos ssh -- nvidia-smi`; it reads what stdin gives.',
      'A script: `labos ssh -- sh -s < script.sh`.',
    )
  return { hasTerminal: true }
}

/** No such program, and its name is a whole line: other SSH clients would have given it to a shell. */
export function hintAt(exitCode: number, argv: readonly string[] | undefined): string | undefined {
  const [line, ...more] = argv ?? []
  if (exitCode !== 127 || line === undefined || more.length > 0 || !/[\s;|&<>$]/.test(line)) return undefined
  return `labos: one word is one program's name; a shell there takes a line: ${commandLineOf(['labos', 'ssh', '--', 'sh', '-c', line])}`
}

const wrong = (message: string, ...suggestions: [string, ...string[]]): LabosError =>
  new LabosError('usage.flags', message, { suggestions })
