/** A lab whose machine is reached over SSH, by its record. */
import { LabosError } from '../errors/labos-error.js'
import type { Paths } from '../state/paths.js'
import { labNames, readLab } from '../state/read.js'
import { isOnMachine, isRented, type MachineLab } from '../state/record.js'
import { unknownLab } from './choose-lab.js'

/** Throws `usage.value` for a lab on this computer, `machine.state` and `machine.gone` where the record says that none runs. */
export function labOnMachine(command: string, name: string, paths: Paths): MachineLab {
  const record = readLab(paths, name)
  if (!record) throw unknownLab(name, labNames(paths))
  if (!isOnMachine(record)) throw onThisComputer(command, name)
  const machine = isRented(record) ? record.machine : undefined
  if (machine?.state === 'stopped' || machine?.state === 'stopping')
    throw new LabosError('machine.state', `The machine of "${name}" is stopped.`, {
      suggestions: [`Start it: \`labos start ${name}\`.`],
    })
  if (machine?.state === 'terminated' || machine?.state === 'shutting-down')
    throw new LabosError('machine.gone', `The machine of "${name}" has ended.`, {
      suggestions: [`Remove what is left of it: \`labos down ${name}\`.`, 'Or make another: `labos up`.'],
    })
  return record
}

const onThisComputer = (command: string, name: string): LabosError =>
  new LabosError('usage.value', `"${name}" has no machine of its own: it runs on this computer.`, {
    suggestions: [
      `\`labos ${command}\` is for labs on other machines; see which those are: \`labos ps\`.`,
      `Its endpoint is open while it runs: \`labos status ${name}\`.`,
    ],
  })
