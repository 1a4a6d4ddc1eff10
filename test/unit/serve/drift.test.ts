import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { driftOf, measuredUse, TELLING_LINES } from '../../../src/serve/drift.js'

const start = readFileSync(join(import.meta.dirname, '../../fixtures/vllm-0.30-start.log'), 'utf8').split('\n')

describe('what vLLM measured', () => {
  it('is read from the log of a start, and from its telling lines alone', () => {
    const measured = { weightsGiB: 29.3, kvTokens: 323_291, contextTokens: 131_072 }
    expect(measuredUse(start)).toEqual(measured)
    const telling = start.filter((line) => new RegExp(TELLING_LINES).test(line))
    expect(telling).toHaveLength(4)
    expect(measuredUse(telling)).toEqual(measured)
  })

  it('is of the last start', () => {
    const before = start.map((line) => line.replace('29.3', '40.1').replace('323,291', '9').replace('131072', '7'))
    expect(measuredUse([...before, ...start])).toMatchObject({ weightsGiB: 29.3, kvTokens: 323_291 })
    expect(measuredUse([...start, ...before.slice(0, 5)])).toEqual({ contextTokens: 7 })
  })

  it('is of several GPUs the fullest one’s weights and the smallest cache, on a CPU the same', () => {
    const workers = [7.62, 7.7].map((gib) => `(Worker_TP0 pid=1) INFO Model loading took ${String(gib)} GiB memory`)
    const caches = ['9,000', '8,064'].map((tokens) => `INFO CPU KV cache size: ${tokens} tokens, Maximum`)
    expect(measuredUse([...workers, ...caches])).toEqual({ weightsGiB: 7.7, kvTokens: 8064 })
  })

  it('is read from the log of a real start', () => {
    const said = readFileSync(join(import.meta.dirname, '../../fixtures/vllm-0.32/start.log'), 'utf8')
    expect(measuredUse(said.split('\n'))).toEqual({ kvTokens: 466_032, contextTokens: 2048 })
  })

  it('is nothing where the log says nothing', () => {
    expect(measuredUse([])).toEqual({})
    expect(measuredUse(['INFO starting', 'Model loading took … GiB'])).toEqual({})
  })
})

describe('drift', () => {
  it('is told above 15 %, either way, as a sentence and as numbers', () => {
    expect(driftOf({ weightsGiB: 29.3, kvTokens: 400_000 }, { weightsGiB: 35.2, kvTokens: 323_291 })).toEqual([
      {
        what: 'weights',
        planned: 29.3,
        measured: 35.2,
        share: expect.closeTo(0.2014, 4) as number,
        text: 'Weights on each GPU: 35.2 GiB, the plan said 29.3 GiB (20 % more).',
      },
      {
        what: 'kv-cache',
        planned: 400_000,
        measured: 323_291,
        share: expect.closeTo(-0.1918, 4) as number,
        text: 'Room for the KV cache: 323291 tokens, the plan said 400000 tokens (19 % less).',
      },
    ])
  })

  it.each([
    [
      { weightsGiB: 30, kvTokens: 100 },
      { weightsGiB: 34.4, kvTokens: 86 },
    ],
    [
      { weightsGiB: null, kvTokens: null },
      { weightsGiB: 30, kvTokens: 100 },
    ],
    [{ weightsGiB: 30, kvTokens: 100 }, {}],
    [
      { weightsGiB: 0, kvTokens: 0 },
      { weightsGiB: 30, kvTokens: 100 },
    ],
  ])('is none within that, where nothing was planned, or nothing measured: %j %j', (planned, measured) => {
    expect(driftOf(planned, measured)).toEqual([])
  })
})
