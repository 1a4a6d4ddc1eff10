/** What labos runs on a lab's machine: its own scripts there, as whoever may. Pure. */
import { RENTED_HOME } from '../bootstrap/lab-files.js'
import type { Command } from '../ports.js'
import { elevated, type OnMachine } from '../serve/remote/on-machine.js'
import type { MachineLab } from '../state/record.js'

/** Where labos's things are there; a machine on which nothing is to be served has its lease in the same place. */
export const placeThere = ({ serving }: MachineLab): OnMachine => serving ?? { home: RENTED_HOME, scope: 'system' }

/** A script of `templates/machine/` with its arguments. */
export function scriptCommand({ home, scope }: OnMachine, script: string, ...args: readonly string[]): Command {
  const settings = [`LABOS_HOME=${home}`, `LABOS_SCOPE=${scope}`]
  return { argv: elevated({ scope }, ['env', ...settings, 'sh', `${home}/bin/${script}`, ...args]) }
}
