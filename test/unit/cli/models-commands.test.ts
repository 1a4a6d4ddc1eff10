/** `labos models` and `labos show` as they are built. */
import { afterAll, describe, expect, it } from 'vitest'
import type { ModelList } from '../../../src/flow/models.js'
import type { ModelReport } from '../../../src/plan/report/model-report.js'
import { cli } from '../../fakes/cli.js'

const labos = cli()
afterAll(() => labos.close())

describe('labos models', () => {
  it('lists the catalogue', async () => {
    const { exitCode, stdout, stderr } = await labos.run(['models'])
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
    expect(stdout).toMatch(/^NAME +PARAMETERS +CONTEXT +BF16 +FP8 +AWQ\n/)
  })

  it('gives the same as JSON', async () => {
    const { schemaVersion, models } = JSON.parse((await labos.run(['models', '--json'])).stdout) as ModelList
    expect(schemaVersion).toBe(1)
    expect(models.map(({ id }) => id)).toContain('deepseek-coder-v2:236b')
    for (const model of models)
      expect(Object.keys(model)).toEqual([
        'id',
        'title',
        'names',
        'purpose',
        'parameters',
        'contextTokens',
        'fillInTheMiddle',
        'checkpoints',
        'local',
        'rented',
      ])
  })
})

describe('labos show', () => {
  it.each(['deepseek-coder-v2', 'DeepSeek-Coder-V2:16b', 'deepseek-ai/DeepSeek-Coder-V2-Lite-Instruct'])(
    'knows a model by its names: %s',
    async (name) => {
      const { exitCode, stdout, stderr } = await labos.run(['show', name])
      expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
      expect(stdout).toMatch(/^DeepSeek-Coder-V2-Lite-Instruct \(16B\)\ndeepseek-coder-v2\n/)
    },
  )

  it('gives the data as JSON', async () => {
    const { stdout } = await labos.run(['show', 'deepseek-coder-v2', '--json'])
    const report = JSON.parse(stdout) as ModelReport
    expect(report).toMatchObject({
      schemaVersion: 1,
      id: 'deepseek-coder-v2',
      parameters: { total: 15_706_484_224, active: 2_451_435_008 },
      architecture: { layers: 27, hiddenSize: 2048, experts: { routed: 64, shared: 2, perToken: 6 } },
    })
    const aider = report.benchmarks
      .flatMap(({ scores }) => scores)
      .filter(({ own, values }) => own && 'Aider' in values)
    expect(aider.map(({ values }) => values['Aider'])).toEqual([44.4])
  })

  it('gives a document as Markdown', async () => {
    const { stdout } = await labos.run(['show', 'deepseek-coder-v2:lite-base', '--markdown'])
    expect(stdout).toMatch(/^# DeepSeek-Coder-V2-Lite-Base \(16B\)\n/)
    expect(stdout).toContain('| **DeepSeek-Coder-V2-Lite-Base** | **86.4** | **80.0** | **89.1** | **87.2** |')
  })

  it('names models that are like one it does not know', async () => {
    const { exitCode, stderr } = await labos.run(['show', 'deepseek-coder-v3'])
    expect(exitCode).toBe(2)
    expect(stderr).toContain('There is no model "deepseek-coder-v3" in the catalogue.')
    expect(stderr).toContain('Did you mean deepseek-coder-v2')
  })

  it('is either Markdown or JSON', async () => {
    expect(await labos.run(['show', 'smollm2', '--markdown', '--json'])).toMatchObject({ exitCode: 2 })
  })
})
