/** vLLM's configuration for typical plans, as whole files: a change of any line is seen in review. */
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { engineConfig } from '../../src/plan/rent/engine-config.js'
import { fitting, rentPlan } from '../fakes/rent.js'
import { rentableForeign } from '../../src/plan/rent/candidate.js'
import { planRent } from '../../src/plan/rent/rent-plan.js'
import { rentRequest } from '../fakes/rent.js'
import { shippedTable } from '../../src/plan/aws/type-table.js'
import { llamaConfig } from '../fakes/shape.js'

const FOLDER = resolve(import.meta.dirname, 'engine-config')
const COMMIT = '0123456789012345678901234567890123456789'
/** Options that current versions of vLLM do not know any more, or that would undo what the plan decided. */
const REMOVED = ['disable-log-requests', 'swap-space', 'use-v2-block-manager', 'quantization', 'trust-remote-code']

function foreignOnT4(): ReturnType<typeof rentPlan> {
  const reading = rentableForeign({
    name: 'someone/small-coder-AWQ',
    revision: '1e10000000000000000000000000000000000000',
    config: { ...llamaConfig, quantization_config: { quant_method: 'awq', bits: 4, group_size: 128 } },
  })
  if (!reading.ok) throw new Error(reading.missing.join())
  return planRent(reading.rentable, rentRequest({ gpus: ['T4'], contextTokens: 16_384 }), shippedTable)
}

const plans: readonly (readonly [string, ReturnType<typeof rentPlan>])[] = [
  ['lite-cheap', rentPlan('deepseek-coder-v2', { precision: 'fp8' })],
  ['lite', rentPlan('deepseek-coder-v2', { precision: 'bf16', contextTokens: 131_072 })],
  ['lite-fim', rentPlan('deepseek-coder-v2:lite-base', { precision: 'bf16', contextTokens: 32_768 })],
  ['full-awq', rentPlan('deepseek-coder-v2:236b', { precision: 'awq', contextTokens: 65_536 })],
  ['full-fp8', rentPlan('deepseek-coder-v2:236b', { precision: 'fp8', contextTokens: 131_072, concurrency: 2 })],
  ['full-bf16', rentPlan('deepseek-coder-v2:236b', { precision: 'bf16', contextTokens: 131_072 })],
  ['foreign-t4', foreignOnT4()],
]

describe.each(plans)("vLLM's configuration for %s", (name, plan) => {
  const [offer] = fitting(plan)
  const model = { ...plan.model, revision: plan.model.revision ?? COMMIT }
  const text = engineConfig(model, offer!)
  const parsed = parse(text) as Record<string, unknown>

  it('is the golden file', async () => {
    await expect(text).toMatchFileSnapshot(join(FOLDER, `${name}.yaml`))
  })

  it('is YAML in which every number of the plan is said, and every string stays one', () => {
    expect(parsed).toMatchObject({
      model: plan.model.repo,
      revision: model.revision,
      'tokenizer-revision': model.revision,
      host: '127.0.0.1',
      'max-model-len': offer!.contextTokens,
      'max-num-seqs': offer!.maxSequences,
      'max-num-batched-tokens': 2048,
      'tensor-parallel-size': offer!.tensorParallel,
    })
    expect(Object.keys(parsed).filter((key) => REMOVED.includes(key))).toEqual([])
  })
})

describe("vLLM's configuration", () => {
  it.each(plans.slice(0, 6))('for %s is served under a name that clients know DeepSeek by', (_name, plan) => {
    const parsed = parse(engineConfig(plan.model, fitting(plan)[0]!)) as { 'served-model-name': string[] }
    expect(parsed['served-model-name'][0]).toContain('deepseek')
    expect(parsed['served-model-name']).toContain(plan.model.repo)
  })

  it('says that no commit is pinned while the hub was not asked', () => {
    const plan = rentPlan()
    const text = engineConfig(plan.model, fitting(plan)[0]!)
    expect(parse(text)).not.toHaveProperty('revision')
    expect(text).toMatch(/^# revision: not resolved/m)
  })
})
