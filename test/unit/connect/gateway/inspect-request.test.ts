import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { inspectRequest, type Served } from '../../../../src/connect/gateway/inspect-request.js'
import { catalog } from '../../../../src/plan/catalog.js'
import type { OpenAiError } from '../../../../src/connect/gateway/openai-error.js'

const CHAT = '/v1/chat/completions'
const COMPLETIONS = '/v1/completions'

const served: Served = {
  names: ['coder', 'coder:lite'],
  engineName: 'coder.gguf',
  title: 'Coder 16B',
  fim: { template: '<begin>{prefix}<hole>{suffix}<end>', stop: ['<eos>', '<end>'], tested: true },
  nativeSuffix: false,
}

function accepted(path: string, body: unknown, lab: Served = served): unknown {
  const inspection = inspectRequest(path, Buffer.from(JSON.stringify(body)), lab)
  if (!inspection.ok) throw new Error(`it was refused: ${inspection.error.message}`)
  return JSON.parse(inspection.body.toString('utf8'))
}

function refused(path: string, body: unknown, lab: Served = served): OpenAiError {
  const raw = Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))
  const inspection = inspectRequest(path, raw, lab)
  if (inspection.ok) throw new Error(`it was accepted: ${inspection.body.toString('utf8')}`)
  return inspection.error
}

describe('the model', () => {
  it.each([['coder'], ['coder:lite'], ['Coder'], ['CODER:Lite']])('may be called %s', (model) => {
    expect(accepted(CHAT, { model, messages: [] })).toEqual({ model: 'coder.gguf', messages: [] })
  })

  it.each([
    ['missing', {}],
    ['null', { model: null }],
  ])('is the one there is when it is %s', (_how, body) => {
    expect(accepted(CHAT, body)).toEqual({ model: 'coder.gguf' })
  })

  it.each([['gpt-4o'], ['code'], ['']])('is unknown when it is called "%s"', (model) => {
    expect(refused(CHAT, { model })).toEqual({
      status: 404,
      type: 'invalid_request_error',
      message: `The model \`${model}\` does not exist here. This lab serves: coder, coder:lite.`,
      code: 'model_not_found',
      param: 'model',
    })
  })

  it.each([[7], [['coder']], [{}], [false]])('must be a string, not %j', (model) => {
    expect(refused(CHAT, { model })).toMatchObject({ status: 400, param: 'model', code: null })
  })
})

describe('the body', () => {
  it.each([
    ['nothing', ''],
    ['no JSON', '{"model": '],
    ['a list', '[]'],
    ['a string', '"hello"'],
    ['null', 'null'],
    ['a number', '3'],
  ])('is refused when it is %s', (_what, body) => {
    expect(refused(CHAT, body)).toMatchObject({ status: 400, message: 'The body is not a JSON object.' })
  })

  it('keeps everything but the model as it was', () => {
    const more = fc.dictionary(fc.string(), fc.jsonValue()).map(({ model: _, ...rest }) => rest)
    fc.assert(
      fc.property(more, (rest) => {
        const sent = JSON.parse(JSON.stringify(rest)) as object // -0 is no JSON
        expect(accepted(CHAT, sent)).toEqual({ ...sent, model: 'coder.gguf' })
      }),
    )
  })

  it('never makes inspecting throw', () => {
    const bytes = fc.uint8Array().map((piece) => Buffer.from(piece))
    const json = fc.json().map((text) => Buffer.from(text))
    fc.assert(
      fc.property(fc.oneof(bytes, json), (raw) => {
        const inspection = inspectRequest(COMPLETIONS, raw, served)
        if (!inspection.ok) expect([400, 404]).toContain(inspection.error.status)
      }),
    )
  })

  it('leaves `suffix` to the engine anywhere but on completions', () => {
    expect(accepted(CHAT, { suffix: 'end' })).toEqual({ model: 'coder.gguf', suffix: 'end' })
  })
})

describe('suffix', () => {
  it('becomes the prompt that the model was trained with, and where it stops', () => {
    expect(accepted(COMPLETIONS, { model: 'coder', prompt: 'def f():', suffix: 'return x', max_tokens: 9 })).toEqual({
      model: 'coder.gguf',
      prompt: '<begin>def f():<hole>return x<end>',
      stop: ['<eos>', '<end>'],
      max_tokens: 9,
    })
  })

  it.each([
    ['one stop', 'halt', ['<eos>', '<end>', 'halt']],
    ['several', ['a', 'b'], ['<eos>', '<end>', 'a', 'b']],
    ['none', null, ['<eos>', '<end>']],
    ['what is no string', ['a', 7], ['<eos>', '<end>', 'a']],
  ])('keeps the stops of the request: %s', (_what, stop, expected) => {
    expect(accepted(COMPLETIONS, { prompt: 'a', suffix: 'b', stop })).toMatchObject({ stop: expected })
  })

  it.each([[''], [null]])('that is %j is dropped', (suffix) => {
    expect(accepted(COMPLETIONS, { prompt: 'a', suffix })).toEqual({ model: 'coder.gguf', prompt: 'a' })
  })

  it('takes a prompt that is a list of one', () => {
    expect(accepted(COMPLETIONS, { prompt: ['a'], suffix: 'b' })).toMatchObject({ prompt: '<begin>a<hole>b<end>' })
  })

  it.each([[undefined], [['a', 'b']], [[]], [[1, 2]], [{}], [7]])('cannot go with prompt %j', (prompt) => {
    expect(refused(COMPLETIONS, { prompt, suffix: 'b' })).toMatchObject({ status: 400, param: 'prompt' })
  })

  it.each([[7], [['b']], [true]])('must be a string, not %j', (suffix) => {
    expect(refused(COMPLETIONS, { prompt: 'a', suffix })).toMatchObject({ status: 400, param: 'suffix' })
  })

  it('is refused where the model was not trained for it', () => {
    const error = refused(COMPLETIONS, { prompt: 'a', suffix: 'b' }, { ...served, fim: null })
    expect(error).toMatchObject({ status: 400, code: 'fim_not_supported', param: 'suffix' })
    expect(error.message).toContain('Coder 16B')
  })

  it('is left to an engine that handles it itself', () => {
    const body = { prompt: 'a', suffix: 'b', stop: 'c' }
    expect(accepted(COMPLETIONS, body, { ...served, nativeSuffix: true })).toEqual({ ...body, model: 'coder.gguf' })
  })

  it.each([
    ['prefix first', '<b>{prefix}<h>{suffix}<e>', (prefix: string, suffix: string) => `<b>${prefix}<h>${suffix}<e>`],
    ['suffix first', '[S]{suffix}[P]{prefix}', (prefix: string, suffix: string) => `[S]${suffix}[P]${prefix}`],
  ])('puts any text in as it is, %s', (_order, template, rendered) => {
    const tricky = fc.oneof(fc.string(), fc.constantFrom('{prefix}', '{suffix}', '$&', "$'", '$1', '\n', '｜▁é😀'))
    const text = fc.array(tricky, { minLength: 1 }).map((parts) => parts.join(''))
    const lab = { ...served, fim: { template, stop: [], tested: true } }
    fc.assert(
      fc.property(text, text, (prefix, suffix) => {
        fc.pre(suffix !== '')
        expect(accepted(COMPLETIONS, { prompt: prefix, suffix }, lab)).toMatchObject({
          prompt: rendered(prefix, suffix),
        })
      }),
    )
  })
})

it('DeepSeek-Coder-V2 gets its own tokens', () => {
  const fim = catalog.find(({ id }) => id === 'deepseek-coder-v2')?.fim ?? null
  expect(accepted(COMPLETIONS, { prompt: 'def f():', suffix: 'return x' }, { ...served, fim })).toMatchObject({
    prompt: '<｜fim▁begin｜>def f():<｜fim▁hole｜>return x<｜fim▁end｜>',
  })
})
