import type { Plan } from '../../src/plan/plan.js'
import { catalog } from '../../src/plan/catalog.js'
import { decide, type LocalFacts, type PlanRequest } from '../../src/plan/decide.js'
import { llamaCpp } from '../../src/engines/llama-cpp.js'

export const someFacts: LocalFacts = {
  platform: 'linux-x64',
  cores: 8,
  memoryAvailableBytes: 32 * 2 ** 30,
  diskFreeBytes: 100e9,
  diskPath: '/cache',
  engineReady: false,
  weightsReady: false,
  port: { wanted: 8484, free: 8484 },
}

export function someRequest(id = 'smollm2', more: Partial<PlanRequest> = {}): PlanRequest {
  const model = catalog.find((entry) => entry.id === id)
  if (!model) throw new Error(`the catalogue lacks ${id}`)
  return { model, engine: llamaCpp, lease: {}, ...more }
}

/** A plan as `up smollm2` makes it. */
export function somePlan(more: Partial<Plan> = {}): Plan {
  const decision = decide(someRequest(), someFacts)
  if (!decision.ok) throw new Error(decision.refusal.message)
  return { ...decision.plan, ...more }
}
