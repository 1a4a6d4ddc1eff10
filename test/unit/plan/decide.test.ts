import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ollama } from '../../../src/engines/ollama.js'
import { decide, type LocalFacts } from '../../../src/plan/decide.js'
import { findModel, nearest } from '../../../src/plan/find-model.js'
import { someFacts, someRequest } from '../../fakes/plan.js'

const GIB = 2 ** 30

function outcome(facts: Partial<LocalFacts>, id = 'smollm2', more: object = {}): string {
  const decision = decide(someRequest(id, more), { ...someFacts, ...facts })
  return decision.ok ? 'plan' : decision.refusal.code
}

describe('a plan', () => {
  it('adds up its memory and lists its downloads', () => {
    const decision = decide(someRequest('deepseek-coder-v2'), someFacts)
    if (!decision.ok) throw new Error(decision.refusal.message)
    const { memory, downloads, usdPerHour, threads, port } = decision.plan
    expect(memory.totalGiB).toBeCloseTo(10.4e9 / GIB + (8192 * 276_480) / GIB + 0.8, 6)
    expect(downloads.map(({ bytes }) => bytes)).toEqual([33_827_498, 10_400_000_000])
    expect([usdPerHour, threads, port]).toEqual([0, 7, 8484])
  })

  it('fetches nothing that is there', () => {
    const decision = decide(someRequest(), { ...someFacts, engineReady: true, weightsReady: true })
    expect(decision.ok && decision.plan.downloads).toEqual([])
  })

  it('passes by a port that is taken unless it was asked for', () => {
    const port = { wanted: 8484, free: 8486, heldBy: 'python3 (pid 7)' }
    const decision = decide(someRequest(), { ...someFacts, port })
    expect(decision.ok && [decision.plan.port, decision.plan.notes.at(-1)]).toEqual([
      8486,
      'Port 8484 is in use by python3 (pid 7): using 8486.',
    ])
    expect(outcome({ port }, 'smollm2', { port: 8484 })).toBe('port.taken')
  })

  it('uses Ollama’s own tag with Ollama', () => {
    const decision = decide(someRequest('deepseek-coder-v2', { engine: ollama }), someFacts)
    expect(decision.ok && decision.plan.weights).toMatchObject({ kind: 'ollama', tag: 'deepseek-coder-v2:16b' })
  })

  it.each([
    [{ memoryAvailableBytes: 13 * GIB }, 'deepseek-coder-v2', {}, 'memory.short'],
    [{ memoryAvailableBytes: 14.1 * GIB }, 'deepseek-coder-v2', {}, 'plan'],
    [{ memoryAvailableBytes: 0.4 * GIB }, 'smollm2', {}, 'memory.short'],
    [{ diskFreeBytes: 5e9 }, 'deepseek-coder-v2', {}, 'disk.short'],
    [{ diskFreeBytes: 0, engineReady: true, weightsReady: true }, 'deepseek-coder-v2', {}, 'plan'],
    [{ platform: 'sunos-x64' }, 'smollm2', {}, 'engine.install'],
    [{}, 'smollm2', { contextTokens: 8193 }, 'usage.value'],
    [{}, 'smollm2', { contextTokens: 256 }, 'plan'],
  ])('%j, %s, %j: %s', (facts, id, more, code) => expect(outcome(facts, id, more)).toBe(code))

  it('is never refused for more memory or more disk', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 40, noNaN: true }),
        fc.double({ min: 0, max: 40, noNaN: true }),
        fc.constantFrom('smollm2', 'deepseek-coder-v2'),
        (less, extra, id) => {
          const [small, large] = [less, less + extra].map((gib) =>
            outcome({ memoryAvailableBytes: gib * GIB, diskFreeBytes: gib * GIB }, id),
          )
          if (small === 'plan') expect(large).toBe('plan')
        },
      ),
    )
  })

  it('never needs less memory for a longer context', () => {
    fc.assert(
      fc.property(fc.integer({ min: 256, max: 8192 }), fc.integer({ min: 256, max: 8192 }), (a, b) => {
        const total = (contextTokens: number): number => {
          const decision = decide(someRequest('smollm2', { contextTokens }), someFacts)
          return decision.ok ? decision.plan.memory.totalGiB : NaN
        }
        expect(total(Math.max(a, b))).toBeGreaterThanOrEqual(total(Math.min(a, b)))
      }),
    )
  })
})

describe('a model', () => {
  it.each([
    ['smollm2', 'smollm2'],
    ['SmolLM2:135M', 'smollm2'],
    ['deepseek-coder-v2', 'deepseek-coder-v2'],
    ['deepseek-coder-v2:16b', 'deepseek-coder-v2'],
    [' deepseek-ai/DeepSeek-Coder-V2-Lite-Instruct ', 'deepseek-coder-v2'],
  ])('is found as %j', (name, id) => {
    const found = findModel(name)
    expect(found.found && found.model.id).toBe(id)
  })

  it.each([
    ['smolm2', 'smollm2'],
    ['deepsek-coder-v2', 'deepseek-coder-v2'],
    ['deepseek', 'deepseek-coder-v2'],
  ])('that is not there, %j, is near %s', (name, alike) => {
    const found = findModel(name)
    expect(!found.found && found.nearest[0]).toBe(alike)
  })

  it('that is like nothing has no neighbours', () => {
    expect(findModel('gpt-4')).toEqual({ found: false, nearest: [] })
    expect(nearest('', [])).toEqual([])
  })
})
