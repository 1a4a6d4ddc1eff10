import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { catalog } from '../../../src/plan/catalog.js'
import { decide, type Decision, type LocalFacts } from '../../../src/plan/decide.js'
import { findModel, nearest } from '../../../src/plan/find-model.js'
import { ollama } from '../../../src/engines/ollama.js'
import { someFacts, someRequest } from '../../fakes/plan.js'

const GIB = 2 ** 30

const refusalOf = (decision: Decision): object => (decision.ok ? { code: 'none' } : decision.refusal)

describe('a refusal', () => {
  it('of an engine that cannot serve the model names those that can', () => {
    const { model } = someRequest()
    if (!model.local) throw new Error('smollm2 runs here')
    const { ollama: _, ...weights } = model.local.weights
    const changed = { ...model, local: { ...model.local, weights } }
    const decision = decide(someRequest('smollm2', { model: changed, engine: ollama }), someFacts)
    expect(refusalOf(decision)).toEqual({
      code: 'model.engine',
      message: 'ollama cannot serve smollm2 on this computer.',
      suggestions: ['Engines that can: llama.cpp.'],
    })
  })

  it('for want of memory adds up what is needed, and offers the small model only where it is another', () => {
    const facts = { ...someFacts, memoryAvailableBytes: GIB / 4 }
    expect(refusalOf(decide(someRequest(), facts))).toEqual({
      code: 'memory.short',
      message:
        'smollm2 needs 0.46 GiB of memory (0.09 GiB weights + 0.18 GiB KV cache + 0.15 GiB engine, a tenth spare); 0.25 GiB is free.',
      suggestions: [expect.stringContaining('--context 4096')],
    })
    expect(refusalOf(decide(someRequest('deepseek-coder-v2'), facts))).toMatchObject({
      suggestions: [expect.anything(), expect.stringContaining('labos up smollm2')],
    })
  })

  it('for want of disk says how much, where, and how to use another', () => {
    expect(refusalOf(decide(someRequest(), { ...someFacts, diskFreeBytes: 1e6 }))).toEqual({
      code: 'disk.short',
      message: '360 MB of disk are needed in /cache; 1 MB are free.',
      suggestions: ['Free some space.', expect.stringContaining('LABOS_CACHE')],
    })
  })

  it('of a context that is too long names the longest', () => {
    expect(refusalOf(decide(someRequest('smollm2', { contextTokens: 8193 }), someFacts))).toMatchObject({
      code: 'usage.value',
      message: '--context 8193 is more than smollm2 was made for (8192 tokens).',
      suggestions: ['Use --context 8192 or less.'],
    })
  })

  it('of a platform without a wheel points at Ollama, which has none to have', () => {
    const facts = { ...someFacts, platform: 'sunos-x64' }
    expect(refusalOf(decide(someRequest(), facts))).toMatchObject({
      code: 'engine.install',
      message: 'llama.cpp has no prebuilt wheel for sunos-x64.',
    })
    expect(decide(someRequest('smollm2', { engine: ollama }), facts).ok).toBe(true)
  })

  it('is the first of several that apply: what the user wrote before what the computer lacks', () => {
    const facts = { ...someFacts, platform: 'sunos-x64', memoryAvailableBytes: 0, diskFreeBytes: 0 }
    expect(refusalOf(decide(someRequest('smollm2', { contextTokens: 9999 }), facts))).toMatchObject({
      code: 'usage.value',
    })
  })
})

describe('every decision', () => {
  const facts = fc.record({
    platform: fc.constantFrom('linux-x64', 'darwin-arm64', 'sunos-x64'),
    cores: fc.integer({ min: 1, max: 256 }),
    memoryAvailableBytes: fc.integer({ min: 0, max: 2 ** 38 }),
    diskFreeBytes: fc.integer({ min: 0, max: 2 ** 40 }),
    diskPath: fc.constant('/cache'),
    engineReady: fc.boolean(),
    weightsReady: fc.boolean(),
    port: fc.constantFrom({ wanted: 8484, free: 8484 }, { wanted: 8484, free: 8485, heldBy: 'python3' }),
  })
  const asked = fc.record({
    id: fc.constantFrom(...catalog.map(({ id }) => id)),
    contextTokens: fc.integer({ min: 256, max: 200_000 }),
    port: fc.constantFrom(undefined, 0, 8484),
  })
  const outcome = (
    wish: { id: string; contextTokens: number; port: number | undefined },
    known: LocalFacts,
  ): Decision => {
    const { id, contextTokens, port } = wish
    return decide(someRequest(id, { contextTokens, ...(port === undefined ? {} : { port }) }), known)
  }

  it('is a plan that fits the computer, or a refusal that says what to do', () => {
    fc.assert(
      fc.property(asked, facts, (wish, known) => {
        const decision = outcome(wish, known)
        if (!decision.ok) {
          expect(decision.refusal.message).toMatch(/\.$/)
          expect(decision.refusal.suggestions[0]).toBeTruthy()
          return
        }
        const { memory, threads, port, downloads, model } = decision.plan
        expect(memory.totalGiB * GIB * 1.1).toBeLessThanOrEqual(known.memoryAvailableBytes + 1)
        expect(memory.totalGiB).toBeCloseTo(memory.weightsGiB + memory.kvCacheGiB + memory.overheadGiB, 9)
        expect(downloads.reduce((sum, { bytes }) => sum + bytes, 0)).toBeLessThanOrEqual(known.diskFreeBytes)
        expect([threads >= 1, threads <= known.cores, port]).toEqual([true, true, known.port.free])
        expect(model.servedNames[0]).toBe(wish.id)
      }),
    )
  })

  it('stays a plan, the same one, with more memory and more disk', () => {
    fc.assert(
      fc.property(asked, facts, fc.nat(2 ** 38), fc.nat(2 ** 38), (wish, known, memory, disk) => {
        const before = outcome(wish, known)
        const after = outcome(wish, {
          ...known,
          memoryAvailableBytes: known.memoryAvailableBytes + memory,
          diskFreeBytes: known.diskFreeBytes + disk,
        })
        if (before.ok) expect(after).toEqual(before)
      }),
    )
  })

  it('stays a plan with a shorter context, or with what is on disk already', () => {
    fc.assert(
      fc.property(asked, facts, fc.integer({ min: 256, max: 200_000 }), (wish, known, contextTokens) => {
        if (!outcome(wish, known).ok) return
        expect(outcome({ ...wish, contextTokens: Math.min(wish.contextTokens, contextTokens) }, known).ok).toBe(true)
        expect(outcome(wish, { ...known, engineReady: true, weightsReady: true }).ok).toBe(true)
      }),
    )
  })

  it('never touches what it was given', () => {
    const known = Object.freeze({ ...someFacts, port: Object.freeze({ ...someFacts.port }) })
    const wish = Object.freeze(someRequest())
    expect(decide(wish, known)).toEqual(decide(wish, known))
  })
})

describe('the catalogue', () => {
  it('has no name twice, and finds each in any case', () => {
    const names = catalog.flatMap(({ id, aliases }) => [id, ...aliases])
    expect(new Set(names).size).toBe(names.length)
    for (const name of names) expect(findModel(` ${name.toUpperCase()} `).found).toBe(true)
  })

  it('asks canaries whose answers can be told', () => {
    for (const { canary } of catalog) expect(() => new RegExp(canary.expect)).not.toThrow()
  })
})

describe('names that look alike', () => {
  it('are three at most, nearest first, and few errors away', () => {
    expect(nearest('port', ['sport', 'port', 'part', 'pert', 'pot'])).toEqual(['port', 'sport', 'part'])
    expect(nearest('port', ['context', 'model'])).toEqual([])
  })

  it('hold every name that is begun with three letters', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 3, maxLength: 12 }), fc.string({ maxLength: 40 }), (begun, rest) => {
        expect(nearest(begun, [`${begun}${rest}`])).toEqual([`${begun}${rest}`])
      }),
    )
  })
})
