import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { catalog } from '../../../src/plan/catalog.js'
import { architectureOf, parametersOf } from '../../../src/plan/report/architecture.js'
import { overviewOf, reportOf } from '../../../src/plan/report/build-report.js'
import type { ModelReport } from '../../../src/plan/report/model-report.js'

type Published = Readonly<Record<string, Readonly<Record<string, number | null>>>>
const published = JSON.parse(
  readFileSync(resolve(import.meta.dirname, '../../fixtures/deepseek-benchmarks.json'), 'utf8'),
) as { readonly instruct: Published; readonly base_completion: Published }

const reports = catalog.map(reportOf)
const report = (id: string): ModelReport => reports.find((one) => one.id === id)!

/** Every number of a report, by model and metric; what is not published is left out. */
function numbersOf({ benchmarks }: ModelReport): Published {
  const numbers: Record<string, Record<string, number>> = {}
  for (const { model, values } of benchmarks.flatMap(({ scores }) => scores)) {
    for (const [id, value] of Object.entries(values)) if (value !== null) (numbers[model] ??= {})[id] = value
  }
  return numbers
}

const withoutNulls = (table: Published): Published =>
  Object.fromEntries(
    Object.entries(table).map(([model, values]) => [
      model,
      Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null)),
    ]),
  )

describe('parameters, counted from the configuration,', () => {
  it.each([
    ['smollm2', 134_515_008, 134_515_008],
    ['deepseek-coder-v2', 15_706_484_224, 2_451_435_008],
    ['deepseek-coder-v2:lite-base', 15_706_484_224, 2_451_435_008],
    ['deepseek-coder-v2:236b', 235_741_434_880, 20_851_512_320],
    ['deepseek-coder-v2:236b-base', 235_741_434_880, 20_851_512_320],
  ])('of %s are %d, and %d for a token', (id, total, active) =>
    expect(report(id).parameters).toEqual({ total, active }),
  )

  it('are what the unquantised weights hold, two bytes each', () => {
    for (const { checkpoints, parameters } of reports) {
      for (const { precision, bytes } of checkpoints) if (precision === 'bf16') expect(bytes).toBe(parameters.total * 2)
    }
  })

  it('are not guessed where the configuration says too little', () => {
    const { hidden_size: _, ...config } = catalog[0]!.config
    expect(() => architectureOf(config)).toThrow('no hidden_size')
  })

  it('count one matrix when embedding and output head are the same', () => {
    const { config } = catalog[0]!
    const apart = parametersOf({ ...config, tie_word_embeddings: false })
    const { vocabSize, hiddenSize } = architectureOf(config)
    const matrix = vocabSize * hiddenSize
    expect([apart.total, apart.active]).toEqual([134_515_008 + matrix, 134_515_008])
  })
})

describe('the KV cache of one token', () => {
  it.each([
    ['smollm2', 23_040],
    ['deepseek-coder-v2', 31_104],
    ['deepseek-coder-v2:236b', 69_120],
  ])('of %s takes %d bytes', (id, bytes) => expect(report(id).architecture.kvBytesPerToken).toBe(bytes))
})

describe('results', () => {
  it.each(['deepseek-coder-v2', 'deepseek-coder-v2:236b'])('of %s are what was published, all of it', (id) =>
    expect(numbersOf(report(id))).toEqual(withoutNulls(published.instruct)),
  )

  it('of the completion model are those for completion', () =>
    expect(numbersOf(report('deepseek-coder-v2:lite-base'))).toEqual(published.base_completion))

  it('are absent where nobody published them, and the report says so', () => {
    for (const id of ['smollm2', 'deepseek-coder-v2:236b-base']) {
      expect(report(id).benchmarks).toEqual([])
      expect(report(id).benchmarkNote).not.toBe('')
    }
  })

  it('name their source and mark the model of the report, once a table', () => {
    for (const { title, benchmarks } of reports) {
      for (const { source, scores } of benchmarks) {
        expect(source).toMatch(/^paper, tables? \d/)
        expect(scores.filter(({ own }) => own).map(({ model }) => model)).toEqual([title.replace(/ \(.*/, '')])
        expect(scores.filter(({ label }) => label.length > 16)).toEqual([])
      }
    }
  })

  it('that a sentence names are those of the tables', () => {
    for (const { goodFor, notFor, benchmarks } of reports) {
      const all = new Set(
        benchmarks.flatMap(({ scores }) => scores.flatMap(({ values }) => Object.values(values).map(Number))),
      )
      const named = [...goodFor, ...notFor].join(' ').replaceAll(/[\d.]+(?: to [\d.]+)? GB/g, '')
      const scores = [...named.matchAll(/(?<![\w.])\d+\.\d/g)].map(([text]) => Number(text))
      expect(scores.filter((score) => !all.has(score))).toEqual([])
    }
  })
})

describe('every model of the catalogue', () => {
  it.each(reports.map((one) => [one.id, one] as const))('%s has a whole report', (_, one) => {
    expect(one.schemaVersion).toBe(1)
    for (const part of [one.summary, one.benchmarkNote]) expect(part).not.toBe('')
    for (const part of [one.goodFor, one.notFor, one.context, one.fim, one.limitations, one.licences, one.sources])
      expect(part.length).toBeGreaterThan(0)
    for (const { url } of [...one.sources, ...one.licences, ...one.checkpoints]) expect(url).toMatch(/^https:\/\//)
    const shares = one.training.mix.map(({ percent }) => percent)
    expect([0, 100]).toContain(shares.reduce((sum, share) => sum + share, 0))
  })

  it('says the same in the list as in its report', () => {
    for (const [index, model] of catalog.entries()) expect(reports[index]).toMatchObject(overviewOf(model))
  })

  it('names a way to run it here only where the catalogue has one', () => {
    expect(reports.map(({ id, local }) => [id, local.map(({ command }) => command)])).toEqual([
      ['smollm2', ['labos up smollm2', 'labos up smollm2 --engine ollama']],
      ['deepseek-coder-v2', ['labos up deepseek-coder-v2', 'labos up deepseek-coder-v2 --engine ollama']],
      ['deepseek-coder-v2:lite-base', []],
      ['deepseek-coder-v2:236b', ['labos up deepseek-coder-v2:236b --engine ollama']],
      ['deepseek-coder-v2:236b-base', []],
    ])
  })

  it('says of fill-in-the-middle what is known, and gives the template where it was trained', () => {
    expect(reports.map(({ fillInTheMiddle, fimTemplate }) => [fillInTheMiddle, fimTemplate === null])).toEqual([
      ['no', true],
      ['untested', false],
      ['tested', false],
      ['no', true],
      ['no', true],
    ])
  })

  it('is not said to be rentable', () => {
    for (const { rented } of reports) expect(['vllm', 'no']).toContain(rented)
  })
})
