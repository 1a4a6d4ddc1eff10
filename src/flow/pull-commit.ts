/** Which commit of a repository a folder gets. */
import { LabosError } from '../errors/labos-error.js'
import { type Pin, type PullFolder, readPin } from '../hub/pull-folder.js'
import { describeRepo, type HubRepo } from '../hub/repo.js'
import type { Context } from './context.js'

export interface ChosenCommit {
  readonly repo: HubRepo
  /** What the folder follows: branch, tag or commit. */
  readonly revision: string
}

/**
 * A folder that was begun goes on with its commit, however often the same command is run: files of two commits would not
 * belong together. Only another revision by name takes another commit. Throws `pull.taken` for the folder of another
 * repository, and what asking the hub throws.
 */
export async function chooseCommit(
  wanted: { readonly repo: string; readonly revision: string | undefined },
  folder: PullFolder,
  context: Context,
  signal: AbortSignal,
): Promise<ChosenCommit> {
  const pin = await readPin(folder)
  const revision = wanted.revision ?? pin?.revision ?? 'main'
  const asked = await describeRepo(wanted.repo, revision, context, signal)
  const note = (text: string): void => context.emit({ type: 'note', step: 'weights', text })
  if (asked.movedFrom !== undefined) note(`${asked.movedFrom} has moved: it is ${asked.repo} now`)
  if (pin && !isSame(pin, asked)) throw otherRepo(folder, pin.repo, asked.repo)
  if (!pin || pin.commit === asked.commit || pin.revision !== revision) return { repo: asked, revision }
  note(`going on with commit ${pin.commit.slice(0, 7)}; there is a newer one: --revision ${asked.commit}`)
  const begun = await describeRepo(asked.repo, pin.commit, context, signal)
  return { repo: { ...begun, ...(asked.movedFrom === undefined ? {} : { movedFrom: asked.movedFrom }) }, revision }
}

/** It may have moved since the folder was begun. */
const isSame = (pin: Pin, { repo, movedFrom }: HubRepo): boolean =>
  [repo, movedFrom].some((name) => name?.toLowerCase() === pin.repo.toLowerCase())

const otherRepo = ({ dir }: PullFolder, has: string, asked: string): LabosError =>
  new LabosError('pull.taken', `${dir} holds ${has}, not ${asked}.`, {
    suggestions: ['Pull into another folder: `--to DIR`.'],
    aftermath: 'It was not touched.',
  })
