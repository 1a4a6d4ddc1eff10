import { LabosError } from '../../errors/labos-error.js'
import type { Paths } from '../../state/paths.js'
import { labNames, readLab } from '../../state/read.js'
import type { LabRecord } from '../../state/record.js'
import type { Context } from '../context.js'
import { down } from '../down.js'
import { labStatus } from '../lab-status.js'
import { isOwnOrphan } from './orphan.js'

/** Ends what earlier runs of this user on this computer left. What cannot be ended is said, and keeps nobody from going on. */
export async function endOrphans(context: Context, signal: AbortSignal): Promise<void> {
  for (const name of labNames(context.paths)) {
    const record = recordOf(context.paths, name)
    if (!record || !(await isOwnOrphan(record, context))) continue
    context.emit({ type: 'note', text: `the \`labos run\` of "${name}" was killed: ending what it left` })
    // A machine that runs is told to end; what hangs on it is for a time when it has ended.
    const noWait = (await labStatus(name, context)).state !== 'ended'
    await down({ name, ignoreNotFound: true, force: false, purge: false, noWait }, context, signal).catch(
      (error: unknown) => {
        signal.throwIfAborted()
        if (!(error instanceof LabosError)) throw error
        context.emit({ type: 'warning', text: `${error.message} ${error.aftermath ?? ''}`.trim() })
      },
    )
  }
}

function recordOf(paths: Paths, name: string): LabRecord | undefined {
  try {
    return readLab(paths, name)
  } catch {
    return undefined // what is wrong with it is said where it is asked for
  }
}
