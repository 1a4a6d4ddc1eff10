/** A lab whose `labos run` is gone: killed before it could take its lab down. */
import type { Processes } from '../../ports.js'
import { type LockDeps, takeLock } from '../../state/lock.js'
import { lockPath, type Paths } from '../../state/paths.js'
import type { Runner } from '../../state/record.js'
import { removeLab } from '../../state/store.js'

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

/** For the keeper that has ended with its runner: nobody else forgets the lab. One that somebody works on stays. */
export async function forgetOrphan(paths: Paths, name: string, deps: LockDeps): Promise<void> {
  const wish = { command: `labos down ${name}`, waitMs: 0 }
  const release = await takeLock(lockPath(paths, name), wish, deps, new AbortController().signal)
  await removeLab(paths, name).finally(release)
}
