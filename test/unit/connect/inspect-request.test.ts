import { describe, expect, it } from 'vitest'
import { inspectRequest, type Served } from '../../../src/connect/gateway/inspect-request.js'
import { completeModels } from '../../../src/connect/gateway/models.js'
import { catalog } from '../../../src/plan/catalog.js'

const fim = { template: '<B>{prefix}<H>{suffix}<E>', stop: ['<EOS>', '<B>'], tested: true }
const served: Served = { names: ['coder', 'coder:16b'], engineName: 'coder', title: 'Coder', fim, nativeSuffix: false }
const plain: Served = { ...served, fim: null }

function inspect(body: unknown, of: Served = served, path = '/v1/completions'): unknown {
  const seen = inspectRequest(path, Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)), of)
  return seen.ok
    ? JSON.parse(seen.body.toString())
    : { status: seen.error.status, code: seen.error.code, param: seen.error.param }
}

describe('the model', () => {
  it.each([
    [
      { model: 'coder', prompt: 'x' },
      { model: 'coder', prompt: 'x' },
    ],
    [
      { model: 'Coder:16B', prompt: 'x' },
      { model: 'coder', prompt: 'x' },
    ],
    [{ prompt: 'x' }, { model: 'coder', prompt: 'x' }],
    [
      { model: null, prompt: 'x' },
      { model: 'coder', prompt: 'x' },
    ],
    [{ model: 'gpt-4' }, { status: 404, code: 'model_not_found', param: 'model' }],
    [{ model: 7 }, { status: 400, code: null, param: 'model' }],
    ['{"model": ', { status: 400, code: null }],
    ['[1]', { status: 400, code: null }],
    ['null', { status: 400, code: null }],
  ])('%j becomes %j', (body, seen) => expect(inspect(body)).toEqual(seen))

  it('is called what the engine calls it', () => {
    expect(
      inspect({ model: 'coder' }, { ...served, engineName: 'deepseek-coder-v2:16b' }, '/v1/chat/completions'),
    ).toEqual({ model: 'deepseek-coder-v2:16b' })
  })
})

describe('suffix', () => {
  const model = 'coder'
  it.each([
    [
      { prompt: 'a', suffix: 'b' },
      { model, prompt: '<B>a<H>b<E>', stop: ['<EOS>', '<B>'] },
    ],
    [
      { prompt: ['a'], suffix: 'b' },
      { model, prompt: '<B>a<H>b<E>', stop: ['<EOS>', '<B>'] },
    ],
    [
      { prompt: 'a', suffix: 'b', stop: 'X' },
      { model, prompt: '<B>a<H>b<E>', stop: ['<EOS>', '<B>', 'X'] },
    ],
    [
      { prompt: 'a', suffix: 'b', stop: ['X', 'Y'] },
      { model, prompt: '<B>a<H>b<E>', stop: ['<EOS>', '<B>', 'X', 'Y'] },
    ],
    [
      { prompt: '$& {suffix}', suffix: "{prefix} $'" },
      { model, prompt: "<B>$& {suffix}<H>{prefix} $'<E>", stop: ['<EOS>', '<B>'] },
    ],
    [
      { prompt: 'a', suffix: '' },
      { model, prompt: 'a' },
    ],
    [
      { prompt: 'a', suffix: null },
      { model, prompt: 'a' },
    ],
    [
      { prompt: ['a', 'b'], suffix: 'c' },
      { status: 400, code: null, param: 'prompt' },
    ],
    [
      { prompt: [1, 2], suffix: 'c' },
      { status: 400, code: null, param: 'prompt' },
    ],
    [
      { prompt: 'a', suffix: 3 },
      { status: 400, code: null, param: 'suffix' },
    ],
  ])('%j becomes %j', (body, seen) => expect(inspect(body)).toEqual(seen))

  it('is refused for a model that was not trained for it', () => {
    expect(inspect({ prompt: 'a', suffix: 'b' }, plain)).toEqual({
      status: 400,
      code: 'fim_not_supported',
      param: 'suffix',
    })
    expect(inspect({ prompt: 'a', suffix: '' }, plain)).toEqual({ model, prompt: 'a' })
  })

  it('is left to an engine that knows it, and to other routes', () => {
    expect(inspect({ prompt: 'a', suffix: 'b' }, { ...plain, nativeSuffix: true })).toEqual({
      model,
      prompt: 'a',
      suffix: 'b',
    })
    expect(inspect({ suffix: 'b' }, plain, '/v1/chat/completions')).toEqual({ model, suffix: 'b' })
  })

  it('becomes DeepSeek’s own tokens for DeepSeek-Coder-V2', () => {
    const deepseek = catalog.find(({ id }) => id === 'deepseek-coder-v2')
    const seen = inspect({ prompt: 'def f():', suffix: 'return x' }, { ...served, fim: deepseek?.fim ?? null })
    expect(seen).toMatchObject({ prompt: '<｜fim▁begin｜>def f():<｜fim▁hole｜>return x<｜fim▁end｜>' })
  })
})

describe('the model list', () => {
  it('shows the lab’s name and the longest context', () => {
    const engine = JSON.stringify({
      models: [{}],
      object: 'list',
      data: [{ id: 'path/to.gguf', owned_by: 'llamacpp' }],
    })
    expect(JSON.parse(completeModels(engine, served, 8192))).toEqual({
      object: 'list',
      data: [{ object: 'model', id: 'coder', owned_by: 'llamacpp', max_model_len: 8192 }],
    })
  })

  it('passes what is no list as it is', () => expect(completeModels('nonsense', served, 1)).toBe('nonsense'))
})
