/** A lab whose `labos run` is gone: killed before it could take its lab down. */
import { LabosError } from '../../errors/labos-error.js'
import type { Processes } from '../../ports.js'
import { type LockDeps, takeLock } from '../../state/lock.js'
import { lockPath, type Paths } from '../../state/paths.js'
import { readLab } from '../../state/read.js'
import type { MachineLab, Runner } from '../../state/record.js'
import { removeLab } from '../../state/store.js'
import { formatRoundDuration } from '../../ui/format.js'

interface OfRun {
  readonly runner?: Runner
}

type Alive = Pick<Processes, 'isAlive'>

/** True where the lab is for a `labos run` that does not run any more. For who knows that it was one of this computer. */
export const isOrphan = async ({ runner }: OfRun, processes: Alive): Promise<boolean> =>
  runner !== undefined && !(await processes.isAlive(runner))

/** The same, of a run of this user on this computer: of other computers' processes nothing is known here. */
export const isOwnOrphan = async (
  record: OfRun,
  { owner, processes }: { readonly owner: string; readonly processes: Alive },
): Promise<boolean> => record.runner?.owner === owner && isOrphan(record, processes)

/** What becomes of such a lab on a machine, and what to do: clauses. */
export function orphanWords({ name, plan }: MachineLab): string {
  const { unheardMs } = plan.serving ?? {}
  const end = unheardMs === undefined ? '' : `what serves ends itself within ${formatRoundDuration(unheardMs)}; `
  return `${end}\`labos up ${plan.model.id} --name ${name}\` keeps it, \`labos down ${name}\` removes it`
}

/** A keeper that is started for it would end it. Throws `lab.differs`. */
export async function refuseOrphan(
  record: MachineLab,
  context: { readonly owner: string; readonly processes: Alive },
): Promise<void> {
  const { name, plan } = record
  if (!(await isOwnOrphan(record, context))) return
  throw new LabosError(
    'lab.differs',
    `The \`labos run\` that "${name}" was for is gone, and what it had ends with it.`,
    {
      suggestions: [`Keep it: \`labos up ${plan.model.id} --name ${name}\`.`, `Or remove it: \`labos down ${name}\`.`],
    },
  )
}

/**
 * For the keeper of such a lab, when it has ended: where the run is gone, nobody else forgets the lab. One that somebody works on
 * stays, and so does one that somebody has taken over.
 */
export async function forgetOrphan(paths: Paths, name: string, deps: LockDeps): Promise<void> {
  const wish = { command: `labos down ${name}`, waitMs: 0 }
  const release = await takeLock(lockPath(paths, name), wish, deps, new AbortController().signal)
  try {
    const record = readLab(paths, name)
    if (record && (await isOrphan(record, deps.processes))) await removeLab(paths, name)
  } finally {
    await release()
  }
}
