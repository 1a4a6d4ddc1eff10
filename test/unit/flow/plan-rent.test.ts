import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import {
  explained,
  firstFit,
  planRental,
  priceAgeDays,
  type RentWish,
  withoutRefused,
} from '../../../src/flow/plan-rent.js'
import { LabosError } from '../../../src/errors/labos-error.js'
import type { Context } from '../../../src/flow/context.js'
import type { RentPlan } from '../../../src/plan/rent/rent-plan.js'
import { hurriedClock } from '../../fakes/bootstrap.js'
import { fakeContext } from '../../fakes/context.js'
import { willingAws } from '../../fakes/facts.js'
import { COMMIT, repoHub } from '../../fakes/repo-hub.js'
import { llamaConfig } from '../../fakes/shape.js'
import { tempDir } from '../../fakes/temp-dir.js'

const wish = (more: Partial<RentWish> = {}): RentWish => ({
  model: 'deepseek-coder-v2',
  concurrency: 1,
  regions: ['us-east-1'],
  market: 'on-demand',
  prefer: 'cost',
  check: false,
  ...more,
})

const run = (more: Partial<RentWish> = {}, context: Context = fakeContext()): Promise<RentPlan> =>
  planRental(wish(more), context, new AbortController().signal)

const online = async (
  files: Record<string, Buffer>,
  repo?: string,
): Promise<{ context: Context; hub: Awaited<ReturnType<typeof repoHub>> }> => {
  const hub = await repoHub(files, repo)
  const context = fakeContext({
    fetch: globalThis.fetch,
    env: { HF_ENDPOINT: hub.address },
    aws: async () => willingAws(),
  })
  return { hub, context: { ...context, clock: hurriedClock() } }
}

const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value))

describe('a plan', () => {
  it('of a catalogue model asks nobody', async () => {
    expect((await run()).model).toMatchObject({ id: 'deepseek-coder-v2', revision: null, precision: 'fp8' })
  })

  it.each([
    [{ model: 'deepseek-coder-v2@awq' }, 'awq'],
    [{ model: 'TechxGenus/DeepSeek-Coder-V2-Lite-Instruct-AWQ' }, 'awq'],
    [{ model: 'neuralmagic/DeepSeek-Coder-V2-Lite-Instruct-FP8' }, 'fp8'],
    [{ model: 'deepseek-coder-v2@fp8', precision: 'fp8' as const }, 'fp8'],
  ])('for %j is for the precision %s', async (more, precision) => {
    expect((await run(more)).model.precision).toBe(precision)
  })

  it.each([
    [{ gpus: ['l4'] }, ['L4']],
    [{ gpus: ['A100'] }, ['A100-40GB', 'A100-80GB']],
    [{ gpus: ['rtx pro 6000', 'h200'] }, ['RTX-PRO-6000', 'H200']],
    [{ instanceTypes: ['P5.48xlarge'] }, ['H100']],
  ])('for %j holds only %j', async (more, gpus) => {
    const fits = withoutRefused(await run(more)).offers
    expect([...new Set(fits.map(({ gpu }) => gpu))].sort()).toEqual([...gpus].sort())
  })

  it('knows how old its prices are', async () => {
    const context = fakeContext()
    const { priceAgeDays: days } = priceAgeDays(await run({}, context), context)
    expect(days).toBe(Math.max(0, Math.floor((context.clock.now() - Date.UTC(2026, 1, 1)) / 86_400_000)))
    expect(priceAgeDays({ ...(await run()), pricesAsOf: null }, context)).toEqual({})
  })

  it('explains the machine that was named even where it is refused', async () => {
    const plan = await run({ precision: 'bf16', instanceTypes: ['g6.xlarge'] })
    expect(explained(plan)).toMatchObject({ instanceType: 'g6.xlarge', verdict: 'refused' })
  })
})

describe('a request that cannot be', () => {
  it.each([
    [
      { gpus: ['L4'], instanceTypes: ['g6e.xlarge'] },
      /--gpu L4 and --instance-type g6e\.xlarge cannot both be: a g6e\.xlarge has L40S/,
    ],
    [{ model: 'deepseek-coder-v2@fp8', precision: 'bf16' as const }, /is fp8, and --precision bf16 is another/],
    [{ precision: 'int8' as const }, /There is no int8 checkpoint/],
    [{ contextTokens: 131_073 }, /--context 131073 is more than/],
    [{ regions: ['eu-west1'] }, /--region eu-west1: labos knows none/],
    [{ instanceTypes: ['g6.2xlrge'] }, /--instance-type g6\.2xlrge: labos knows none/],
    [{ gpus: ['L5'] }, /--gpu L5: labos knows none/],
    [{ vramGiB: 20 }, /--vram is for models that labos cannot size/],
    [{ model: 'deepseek-coder-v2@q4' }, /"q4" in deepseek-coder-v2@q4 is not a precision/],
  ])('like %j is refused with what is wrong', async (more, message) => {
    await expect(run(more)).rejects.toMatchObject({
      code: 'usage.value',
      exit: 2,
      message: expect.stringMatching(message) as string,
    })
  })

  it('names what is nearest', async () => {
    await expect(run({ instanceTypes: ['g6.2xlrge'] })).rejects.toMatchObject({
      suggestions: [expect.stringMatching(/^Did you mean g6\.2xlarge/), expect.anything()] as unknown,
    })
    await expect(run({ model: 'deepsek-coder-v2' })).rejects.toMatchObject({ code: 'model.unknown' })
    await expect(run({ model: 'smollm2' })).rejects.toMatchObject({ code: 'model.engine' })
  })

  it.each([
    [{ maxUsdPerHour: 0.5 }, 'The cheapest that fits is g6.xlarge: `--max-price 0.81`.'],
    [
      { maxUsdTotal: 1, ttlMs: 4 * 3_600_000 },
      'g6.xlarge costs $3.28 in 4 h 00 m: raise --max-cost, or shorten --ttl.',
    ],
    [{ instanceTypes: ['p5e.48xlarge'] }, 'p5e.48xlarge would fit, but is not in us-east-1: name another `--region`.'],
    [
      { model: 'deepseek-coder-v2:236b', instanceTypes: ['g6.xlarge'] },
      'g6.xlarge came closest (108.4 GiB short): a lower `--precision`, or a larger `--gpu`.',
    ],
    [
      { gpus: ['L4'], instanceTypes: ['g6.xlarge'], precision: 'fp8' as const, contextTokens: 131_072 },
      'g6.xlarge has room for `--context 88K`.',
    ],
    [{ gpus: ['T4'] }, 'Ask for another `--gpu` or `--instance-type`, or for none.'],
    [
      { market: 'spot' as const, regions: ['eu-west-2'], maxUsdPerHour: 1 },
      'Leave the limit out, or read prices with credentials: `labos prices refresh`.',
    ],
  ])('like %j finds no machine: %s', async (more, advice) => {
    const plan = await run(more)
    expect(() => firstFit(plan)).toThrow(expect.objectContaining({ code: 'plan.nofit', exit: 2 }))
    try {
      firstFit(plan)
    } catch (error) {
      expect(error).toMatchObject({ suggestions: [advice, expect.stringContaining('--all') as string] })
    }
  })
})

describe('a model that is not in the catalogue', () => {
  it('is sized by its own files on the hub, at their commit', async () => {
    const { context } = await online({ 'config.json': json(llamaConfig), 'model.safetensors': Buffer.alloc(0) })
    const plan = await run({ model: 'someone/model' }, context)
    expect(plan.model).toMatchObject({
      repo: 'someone/model',
      revision: COMMIT,
      parameters: 8_030_261_248,
      precision: 'bf16',
      weightFiles: 1,
      licence: null,
    })
    expect(plan.notes).toContain('Not in the catalogue: nothing is known of its quality.')
  })

  it('is scaled to the size that its index gives', async () => {
    const total_size = Math.round(8_030_261_248 * 2 * 1.05)
    const { context } = await online({
      'config.json': json(llamaConfig),
      'model.safetensors.index.json': json({ metadata: { total_size }, weight_map: {} }),
    })
    const plan = await run({ model: 'someone/model' }, context)
    expect(plan.model.weightsBytes).toBe(total_size)
    expect(plan.notes).toContain('Its files are 105.0 % of what config.json gives: all weights are scaled by that.')
  })

  it('is refused when its files are of another size than its architecture explains', async () => {
    const { context } = await online({
      'config.json': json(llamaConfig),
      'model.safetensors.index.json': json({ metadata: { total_size: 30e9 } }),
    })
    await expect(run({ model: 'someone/model' }, context)).rejects.toMatchObject({
      code: 'model.config',
      message: expect.stringContaining('16.1 GB by config.json, 30.0 GB in the files') as string,
    })
  })

  it.each([
    ['{broken', 'is not JSON'],
    [JSON.stringify([]), 'not a JSON object'],
    [JSON.stringify({ ...llamaConfig, vocab_size: -1 }), 'vocab_size is -1'],
    [JSON.stringify({ ...llamaConfig, vision_config: {} }), 'text-only'],
    [JSON.stringify({ ...llamaConfig, quantization_config: { quant_method: 'hqq' } }), 'quantised with "hqq"'],
  ])('with the config.json %s is refused: %s', async (config, message) => {
    const { context } = await online({ 'config.json': Buffer.from(config) })
    await expect(run({ model: 'someone/model' }, context)).rejects.toMatchObject({
      code: 'model.config',
      exit: 2,
      message: expect.stringContaining(message) as string,
    })
  })

  it('without a config.json is refused; --vram says what it takes', async () => {
    const { context } = await online({ 'model.gguf': Buffer.from('x') })
    await expect(run({ model: 'someone/model' }, context)).rejects.toMatchObject({ code: 'model.config' })
    const plan = await run({ model: 'someone/model', vramGiB: 40 })
    expect(plan.offers[0]).toMatchObject({ verdict: 'fits', terms: null, kvTokens: null })
    expect(plan.notes[0]).toContain('40 GiB')
  })

  it('that is gated says how to get a token', async () => {
    const { context, hub } = await online({})
    hub.denied = { status: 401, headers: { 'x-error-code': 'GatedRepo' } }
    await expect(run({ model: 'someone/model' }, context)).rejects.toMatchObject({ code: 'hub.gated', exit: 3 })
  })

  it('is read from a folder', async () => {
    const folder = join(tempDir(), 'mine')
    mkdirSync(folder)
    writeFileSync(join(folder, 'config.json'), JSON.stringify(llamaConfig))
    const plan = await run({ model: folder })
    expect(plan.model).toMatchObject({ repo: folder, revision: null, parameters: 8_030_261_248 })
    expect(plan.notes).toContain('Read from a folder here; a rented machine gets its weights from the hub.')
  })
})

describe('asking the hub and AWS about a plan', () => {
  const repo = 'RedHatAI/DeepSeek-Coder-V2-Lite-Instruct-FP8'

  it('pins the commit, and says when the files are of another size', async () => {
    const { context, hub } = await online({ 'model-1.safetensors': Buffer.alloc(10) }, repo)
    const plan = await run({ check: true }, context)
    expect(plan.model).toMatchObject({ repo, revision: hub.commit, weightFiles: 1 })
    expect(plan.notes).toContain('Its files are 10 B on the hub; computed were 16.1 GB.')
    expect(plan.checks).toMatchObject([{ region: 'us-east-1', accountId: '123456789012' }])
    expect(firstFit(plan).quota).toMatchObject({ checked: true, limitVcpus: 64 })
  })

  it('says where a repository is now', async () => {
    const { context, hub } = await online({ 'model-1.safetensors': Buffer.alloc(10) }, 'new/home')
    hub.formerRepo = repo
    const plan = await run({ check: true }, context)
    expect(plan.model.repo).toBe('new/home')
    expect(plan.notes).toContain(`${repo} has moved: it is new/home now.`)
  })

  it('says what AWS says where the hub is away, and fails where both are', async () => {
    const away = { clock: hurriedClock(), fetch: () => Promise.reject(new TypeError('fetch failed')) }
    const plan = await run({ check: true }, { ...fakeContext({ ...away, aws: async () => willingAws() }), ...away })
    expect(plan.notes).toContain('The hub could not be asked: commit and size of the weights are not checked.')
    expect(plan.checks).toMatchObject([{ accountId: '123456789012' }])
    const refuse = new LabosError('aws.credentials', 'There are none.', { suggestions: ['Get some.'] })
    const aws = (): Promise<never> => Promise.reject(refuse)
    await expect(run({ check: true }, { ...fakeContext({ ...away, aws }), ...away })).rejects.toMatchObject({
      code: 'network.download',
    })
  })
})
