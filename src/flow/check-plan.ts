/** Asks the hub about the checkpoint of a plan: its commit, its name now, and whether it is as large as computed. */
import { describeRepo, type RepoFile } from '../hub/repo.js'
import { catalog } from '../plan/catalog.js'
import type { RentPlan } from '../plan/rent/rent-plan.js'
import { formatBytes } from '../ui/format.js'
type HubDeps = Parameters<typeof describeRepo>[2]

/** Further than that from the computed size, a plan says so. */
const TOLERANCE = 0.005

type Plan = Pick<RentPlan, 'model' | 'notes'>

export interface CheckedPlan<P extends Plan = RentPlan> {
  readonly plan: P
  /** The weights are only for those who show a token. */
  readonly wantsToken: boolean
}

/** The plan with commit and file count as the hub has them now. Throws `hub.unknown`, `hub.gated`, `network.download`. */
export async function checkPlan<P extends Plan>(
  plan: P,
  context: HubDeps,
  signal: AbortSignal,
): Promise<CheckedPlan<P>> {
  const { model } = plan
  const { repo, movedFrom, commit, wantsToken, files } = await describeRepo(model.repo, 'main', context, signal)
  const weights = files.filter(({ path }) => path.endsWith('.safetensors'))
  const checked = {
    ...plan,
    model: { ...model, repo, revision: commit, weightFiles: weights.length > 0 ? weights.length : model.weightFiles },
    notes: [
      ...plan.notes,
      ...(movedFrom === undefined ? [] : [`${movedFrom} has moved: it is ${repo} now.`]),
      commitNote(model.repo, commit),
      ...sizeNote(weights, model.weightsBytes),
    ],
  }
  return { plan: checked, wantsToken }
}

function commitNote(repo: string, commit: string): string {
  const known =
    catalog.flatMap(({ checkpoints }) => checkpoints).find((entry) => entry.repo === repo)?.knownCommits ?? []
  const short = commit.slice(0, 7)
  if (known.length === 0) return `Commit ${short} on the hub.`
  return known.some((beginning) => commit.startsWith(beginning))
    ? `Commit ${short} on the hub, one that labos was made with.`
    : `Commit ${short} on the hub is newer than those labos was made with.`
}

function sizeNote(weights: readonly RepoFile[], computedBytes: number): string[] {
  const bytes = weights.reduce((sum, file) => sum + file.bytes, 0)
  if (bytes === 0) return ['The hub lists no safetensors files of it.']
  if (Math.abs(bytes / computedBytes - 1) <= TOLERANCE) return []
  return [`Its files are ${formatBytes(bytes)} on the hub; computed were ${formatBytes(computedBytes)}.`]
}
