import { LabosError } from '../../errors/labos-error.js'
import type { LabRecord } from '../../state/record.js'
import { saveLab } from '../../state/store.js'
import type { Context } from '../context.js'
import { isOwnOrphan } from './orphan.js'

/**
 * For `up`: a lab whose `labos run` was killed belongs to whoever brings it up again, and nobody ends it for that run any more.
 * Throws `lab.differs` where that run goes on, or is another computer's. Call it under the lab's lock.
 */
export async function takenOver<L extends LabRecord>(
  record: L,
  context: Pick<Context, 'emit' | 'owner' | 'paths' | 'processes'>,
): Promise<L> {
  if (!record.runner) return record
  const { name } = record
  if (!(await isOwnOrphan(record, context))) throw ofRun(name)
  const { runner: _, ...own } = record
  const free = own as L
  await saveLab(context.paths, free)
  context.emit({ type: 'note', text: `the \`labos run\` of "${name}" was killed: the lab is yours now` })
  return free
}

const ofRun = (name: string): LabosError =>
  new LabosError('lab.differs', `The lab "${name}" is for a \`labos run\`, which ends it.`, {
    suggestions: ['Use another name: `--name`.', `Or end it: \`labos down ${name}\`.`],
  })
