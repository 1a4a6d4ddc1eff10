import { LabosError } from '../errors/labos-error.js'
import { catalog } from '../plan/catalog.js'
import type { Prompt } from '../ports.js'
import { env } from './env.js'

/** The model when none is named: the configured one, else a question, else `input.needed`. */
export async function chooseModel({ prompt }: { readonly prompt?: Prompt }): Promise<string> {
  const configured = env['LABOS_MODEL']
  if (configured) return configured
  if (prompt)
    return prompt.select(
      'Which model?',
      catalog.map(({ id, title, note }) => ({ name: `${id.padEnd(18)} ${title}`, value: id, description: note })),
    )
  throw new LabosError('input.needed', 'Which model? None is named, and there is no terminal to ask at.', {
    suggestions: [
      `Name one: \`labos up ${catalog[0]?.id ?? 'MODEL'}\`.`,
      'Or set a default: `labos config set model smollm2`.',
    ],
  })
}
