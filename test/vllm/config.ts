/** vLLM's configuration as labos writes it for a g6e.2xlarge, with the short context that a CPU is quick with. */
import { engineConfig } from '../../src/plan/rent/engine-config.js'
import type { Offer } from '../../src/plan/rent/offer.js'
import type { EngineArg } from '../../src/plan/rent/serving.js'
import { fitting, rentPlan } from '../fakes/rent.js'
import type { HubRepo } from '../hosts/hub-tree.js'

export const MODEL_REPO = 'deepseek-ai/DeepSeek-Coder-V2-Lite-Instruct'
export const CONTEXT_TOKENS = 2048
/** The first name that it is served under. */
export const MODEL = 'deepseek-coder-v2'

const plan = rentPlan(MODEL, { precision: 'bf16', contextTokens: CONTEXT_TOKENS })

export function vllmConfig(revision: string, args: readonly EngineArg[] = [], more: Partial<Offer> = {}): string {
  const offer = fitting(plan).find(({ instanceType }) => instanceType === 'g6e.2xlarge')
  if (!offer) throw new Error('no plan for a g6e.2xlarge')
  return engineConfig({ ...plan.model, revision }, { ...offer, ...more }, args)
}

export function modelCommit(repos: readonly HubRepo[]): string {
  const found = repos.find(({ repo }) => repo === MODEL_REPO)
  if (!found) throw new Error(`the test hub lacks ${MODEL_REPO}`)
  return found.commit
}
