import { LabosError } from '../errors/labos-error.js'
import { nearest } from '../plan/find-model.js'
import type { Prompt } from '../ports.js'
import { checkLabName, type Paths } from '../state/paths.js'
import { labNames } from '../state/read.js'

/**
 * The lab a command is about: the one named, else the only one there is, else the one picked at the terminal.
 * Throws `lab.unknown`, `lab.ambiguous`.
 */
export async function chooseLab(
  name: string | undefined,
  { paths, prompt }: { readonly paths: Paths; readonly prompt?: Prompt },
): Promise<string> {
  const names = labNames(paths)
  if (name !== undefined) {
    if (names.includes(checkLabName(name))) return name
    throw unknownLab(name, names)
  }
  const [first] = names
  if (first === undefined) throw noLabs()
  if (names.length === 1) return first
  if (prompt)
    return prompt.select(
      'Which lab?',
      names.map((value) => ({ name: value, value })),
    )
  throw new LabosError('lab.ambiguous', `There are ${String(names.length)} labs: ${names.join(', ')}.`, {
    suggestions: [`Name one, for example \`--name ${first}\`.`],
  })
}

const noLabs = (): LabosError =>
  new LabosError('lab.unknown', 'There is no lab.', { suggestions: ['Start one: `labos up smollm2`.'] })

/** No lab of that name: says which there are. */
export function unknownLab(name: string, names: readonly string[]): LabosError {
  const alike = nearest(name, names)
  if (names.length === 0)
    return new LabosError('lab.unknown', `There is no lab "${name}"; there is none at all.`, {
      suggestions: ['Start one: `labos up smollm2`.'],
    })
  return new LabosError('lab.unknown', `There is no lab "${name}".`, {
    suggestions: [
      alike[0] ? `Did you mean ${alike[0]}?` : `There are: ${names.join(', ')}.`,
      'See them all: `labos ps`.',
    ],
  })
}
