/** Where labos's things are on a machine that is reached over SSH, and how they are asked for. Pure. */
import type { Command } from '../../ports.js'

export interface OnMachine {
  /** labos's folder there. */
  readonly home: string
  /** Whose units they are: the machine's, or those of the user who logs in. */
  readonly scope: 'system' | 'user'
}

export type MachineUnit = 'arm' | 'bootstrap' | 'engine' | 'lease' | 'end'

/** Beside the machine's own; those of a user carry the name of the lab's folder. */
export const unitOf = ({ home, scope }: OnMachine, unit: MachineUnit): string =>
  `${scope === 'system' ? 'labos' : `labos-${home.slice(home.lastIndexOf('/') + 1)}`}-${unit}`

/** The command with the rights that labos's things there need: on a rented machine root's, which its user has without a password. */
export const elevated = ({ scope }: Pick<OnMachine, 'scope'>, argv: readonly [string, ...string[]]): Command['argv'] =>
  scope === 'system' ? ['sudo', '-n', ...argv] : argv

/** In a session without a seat the user's own systemd is found by this. */
const AS_USER = 'export XDG_RUNTIME_DIR="${XDG_RUNTIME_DIR:-/run/user/$(id -u)}"; exec systemctl --user "$@"'

export const systemctl = ({ scope }: Pick<OnMachine, 'scope'>, args: readonly string[]): Command['argv'] =>
  scope === 'system' ? ['systemctl', ...args] : ['sh', '-c', AS_USER, 'sh', ...args]

export interface JournalWish {
  /** Absent: everything that the journal has. */
  readonly units?: readonly MachineUnit[]
  /** `cat`: the lines alone. `short-iso`: with time and program. */
  readonly output: 'cat' | 'short-iso'
  /** As journalctl takes it: `@1764112345`, `-600s`. */
  readonly since?: string
  /** Lines from the end. */
  readonly tail?: number
  readonly follow?: boolean
}

export function journal(on: OnMachine, { units = [], output, since, tail, follow }: JournalWish): Command['argv'] {
  const option = on.scope === 'system' ? '--unit' : '--user-unit'
  return elevated(on, [
    'journalctl',
    ...units.flatMap((unit) => [option, `${unitOf(on, unit)}.service`]),
    ...['--output', output, '--no-pager', '--quiet'],
    ...(since === undefined ? [] : [`--since=${since}`]),
    ...(tail === undefined ? [] : ['--lines', String(tail)]),
    ...(follow ? ['--follow'] : []),
  ])
}
