import { labNames } from '../state/read.js'
import type { Context } from './context.js'

/** Says before the plan of a dry run that `up` would make nothing of it: a lab of that name is there. */
export function noteExisting(name: string, { emit, paths }: Pick<Context, 'emit' | 'paths'>): void {
  if (!labNames(paths).includes(name)) return
  const text = `there is a lab "${name}" already: \`labos up\` goes on with that one; this plan is for one of another \`--name\``
  emit({ type: 'note', text })
}
