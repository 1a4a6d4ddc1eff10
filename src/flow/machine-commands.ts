/** What labos runs on a lab's machine: its own scripts there, as whoever may. Pure. */
import type { Command } from '../ports.js'
import type { RentedLab } from '../state/record.js'

type Serving = Pick<NonNullable<RentedLab['serving']>, 'home' | 'scope'>

/** A script of `templates/machine/` with its arguments. On a rented machine it runs as root, on a host of the user's as the user. */
export function scriptCommand({ home, scope }: Serving, script: string, ...args: readonly string[]): Command {
  const argv: [string, ...string[]] = [
    'env',
    `LABOS_HOME=${home}`,
    `LABOS_SCOPE=${scope}`,
    'sh',
    `${home}/bin/${script}`,
    ...args,
  ]
  return { argv: scope === 'system' ? ['sudo', '-n', ...argv] : argv }
}
