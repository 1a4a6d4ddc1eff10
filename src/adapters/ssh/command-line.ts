/** One command as the line that a login shell is given. */
import type { Command } from '../../ports.js'

/**
 * A word that `sh`, and fish too, takes as it is. Backslashes stand outside the quotes, where both read them alike.
 */
export const quoted = (word: string): string =>
  /^[\w./:@%+-]+$/.test(word) ? word : `'${word.replace(/['\\]/g, (character) => `'\\${character}'`)}'`

/** The first line on stderr: the process, so that it can be ended. It becomes the program itself. */
const TELL = 'echo "labos-pid $$" >&2; exec "$@"'
const TOLD = /^labos-pid (\d+)$/

/** Added variables come through `env`, and the folder through a shell: sshd sets neither. */
export function commandLine({ argv, env = {}, cwd }: Pick<Command, 'argv' | 'env' | 'cwd'>): string {
  const set = Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${value}`]))
  const unset = Object.entries(env).flatMap(([name, value]) => (value === undefined ? ['-u', name] : []))
  const inPlace = cwd === undefined ? [] : ['sh', '-c', 'cd "$1" && shift && exec "$@"', 'sh', cwd]
  const changed = set.length + unset.length > 0 ? ['env', ...unset, ...set] : []
  return ['sh', '-c', TELL, 'sh', ...changed, ...inPlace, ...argv].map(quoted).join(' ')
}

/** The process that such a line told of. */
export const toldPid = (line: string): string | undefined => TOLD.exec(line)?.[1]

export const withoutPid = (stderr: string): string => stderr.replace(/^labos-pid \d+\n/, '')

/** Signals the process with all that it started; itself alone where it leads no group. */
export const killLine = (pid: string, name: 'INT' | 'TERM' | 'KILL'): string =>
  ['sh', '-c', 'kill -s "$2" -- "-$1" 2>/dev/null || kill -s "$2" "$1"', 'sh', pid, name].map(quoted).join(' ')
