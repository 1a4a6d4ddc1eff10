import type { LabosError } from '../../errors/labos-error.js'
import type { LabRecord } from '../../state/record.js'
import { saveLab } from '../../state/store.js'
import type { Context } from '../context.js'
import { differsError } from '../lab-differs.js'
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
  const free = withoutRun(record)
  await saveLab(context.paths, free)
  context.emit({ type: 'note', text: `the \`labos run\` of "${name}" was killed: the lab is yours now` })
  return free
}

/** Nobody has to be there for it any more; its machine is told so by its keeper. */
function withoutRun<L extends LabRecord>({ runner: _, ...record }: L): L {
  const { plan } = record
  if (!('serving' in plan)) return record as L
  const { unheardMs: __, ...serving } = plan.serving
  return { ...record, plan: { ...plan, serving } } as L
}

const ofRun = (name: string): LabosError => differsError(name, 'it is for a `labos run`, which ends it')
