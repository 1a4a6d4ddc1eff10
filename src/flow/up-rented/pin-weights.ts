/** Which commit of the weights the machine will fetch, and whether it will need a token for them. Reads only. */
import { LabosError } from '../../errors/labos-error.js'
import { askHub, hubOf } from '../../hub/ask-hub.js'
import { isRepoName } from '../../hub/model-name.js'
import { fileUrl, refuseAnswer } from '../../hub/repo.js'
import type { RentPlan } from '../../plan/rent/rent-plan.js'
import type { ServingWish } from '../../plan/rent/serving.js'
import { type CheckedPlan, checkPlan } from '../check-plan.js'
import type { Context } from '../context.js'
import { withHub } from '../with-hub.js'

/**
 * The plan with the commit that the hub has now. A hub that cannot be reached from here may be reached from the machine:
 * then the plan says so, and the machine takes what it finds. Throws `hub.unknown`, `hub.gated`, `usage.value`.
 */
export async function pinWeights<P extends Pick<RentPlan, 'model' | 'notes'>>(
  plan: P,
  { hub }: ServingWish,
  context: Context,
  signal: AbortSignal,
): Promise<CheckedPlan<P>> {
  if (!isRepoName(plan.model.repo)) throw notOnHub(plan.model.repo)
  const deps = withHub(context, hub)
  try {
    const checked = await checkPlan(plan, deps, signal)
    if (checked.wantsToken) await proveAccess(checked.plan, deps, signal)
    return checked
  } catch (error) {
    if (!(error instanceof LabosError) || error.code !== 'network.download') throw error
    const { endpoint } = hubOf(deps.env)
    const note = `${endpoint} could not be asked from here: the machine takes the newest commit of the weights, where it reaches it.`
    return { plan: { ...plan, notes: [...plan.notes, note] }, wantsToken: false }
  }
}

/** Everybody may read what a gated repository holds; the files are for those whose token was accepted. */
async function proveAccess(
  { model: { repo, revision } }: Pick<RentPlan, 'model'>,
  deps: Parameters<typeof askHub>[2],
  signal: AbortSignal,
): Promise<void> {
  const { endpoint, hasToken } = hubOf(deps.env)
  const answer = await askHub(fileUrl(endpoint, repo, revision ?? 'main', 'config.json'), 'HEAD', deps, signal)
  if (answer.status < 300 || answer.status >= 400)
    refuseAnswer(answer, `${repo}/config.json`, { repo, endpoint, hasToken })
}

const notOnHub = (name: string): LabosError =>
  new LabosError('usage.value', `${name} is a folder here, and a rented machine gets its weights from the hub.`, {
    suggestions: ['Name the repository on the hub: `labos up OWNER/NAME`.'],
  })
