import { describe, expect, it } from 'vitest'
import { difference, resolveRequest, type UpRequest } from '../../../src/flow/request.js'
import { someRequest, somePlan } from '../../fakes/plan.js'

const request = (more: Partial<UpRequest> = {}): UpRequest => ({ model: 'smollm2', lease: {}, agreed: true, ...more })

const MODELS =
  'Models: smollm2, deepseek-coder-v2, deepseek-coder-v2:lite-base, deepseek-coder-v2:236b, deepseek-coder-v2:236b-base.'

describe('a request', () => {
  it.each([
    [{ model: 'smollm2' }, 'smollm2', 'smollm2'],
    [{ model: 'SmolLM2:135m' }, 'smollm2', 'smollm2'],
    [{ model: 'deepseek-coder-v2:16b' }, 'deepseek-coder-v2', 'deepseek-coder-v2'],
    [{ model: 'smollm2', name: 'mine' }, 'smollm2', 'mine'],
  ])('of %j is for the model %s in the lab %s', (more, id, name) => {
    const resolved = resolveRequest(request(more))
    expect([resolved.model.id, resolved.name]).toEqual([id, name])
  })

  it('for a model with a typing error names the one that is like it', () => {
    expect(() => resolveRequest(request({ model: 'smolm2' }))).toThrow(
      expect.objectContaining({
        code: 'model.unknown',
        exit: 2,
        message: 'There is no model "smolm2" in the catalogue.',
        suggestions: [expect.stringMatching(/^Did you mean smollm2/), MODELS],
      }),
    )
  })

  it('for a model that is like none lists them all', () => {
    expect(() => resolveRequest(request({ model: 'gpt-4' }))).toThrow(
      expect.objectContaining({ suggestions: [MODELS] }),
    )
  })

  it.each(['../x', 'a/b', '', 'CON', 'nul'])('for a lab named %j is refused', (name) => {
    expect(() => resolveRequest(request({ name }))).toThrow(expect.objectContaining({ code: 'usage.name' }))
  })
})

describe('what differs from a lab that is there', () => {
  const { model } = someRequest()
  const plan = somePlan({ lease: { ttlMs: 3_600_000 } })

  it.each([
    [{}, undefined],
    [{ engine: 'llama.cpp' as const, port: 8484, contextTokens: 8192, lease: { ttlMs: 3_600_000 } }, undefined],
    [{ port: 0 }, undefined],
    [{ engine: 'ollama' as const }, 'its engine is llama.cpp, not ollama'],
    [{ contextTokens: 4096 }, 'its context is 8192, not 4096'],
    [{ port: 9000 }, 'its port is 8484, not 9000'],
    [{ lease: { ttlMs: 7_200_000 } }, 'its lifetime is 1 h, not 2 h'],
    [{ lease: { idleMs: 300_000 } }, 'its idle limit is not set, not 5 m'],
  ])('from a request of %j is: %s', (more, text) => {
    expect(difference(request(more), model, plan)).toBe(text)
  })

  it('is the model first of all', () => {
    const other = someRequest('deepseek-coder-v2').model
    expect(difference(request({ port: 9000 }), other, plan)).toBe('its model is smollm2, not deepseek-coder-v2')
  })
})
