import { describe, expect, it } from 'vitest'
import type { Served } from '../../../../src/connect/gateway/inspect-request.js'
import { completeModels } from '../../../../src/connect/gateway/models.js'

const served: Served = {
  names: ['coder', 'coder:lite'],
  engineName: 'x',
  title: 'Coder',
  fim: null,
  nativeSuffix: true,
}

const completed = (raw: unknown): unknown => JSON.parse(completeModels(JSON.stringify(raw), served, 8192))

describe('completeModels', () => {
  it('shows one model under the name of the lab, and how long its context is', () => {
    const engines = {
      object: 'list',
      models: [{ name: 'weights.gguf' }],
      data: [{ id: '/cache/weights.gguf', object: 'model', owned_by: 'llamacpp', created: 7, meta: { n_ctx: 1 } }],
    }
    expect(completed(engines)).toEqual({
      object: 'list',
      data: [
        { id: 'coder', object: 'model', owned_by: 'llamacpp', created: 7, meta: { n_ctx: 1 }, max_model_len: 8192 },
      ],
    })
  })

  it('shows only the model of the lab where the engine has more', () => {
    const list = completed({ data: [{ id: 'smollm2:135m', owned_by: 'library' }, { id: 'llama3:8b' }] })
    expect(list).toMatchObject({ data: [{ id: 'coder', owned_by: 'library' }] })
  })

  it.each([
    ['an empty list', { data: [] }],
    ['a null for a list', { data: null }],
    ['no list', {}],
    ['entries that are no objects', { data: ['coder', 7] }],
  ])('makes the entry itself from %s', (_what, raw) => {
    expect(completed(raw)).toEqual({
      object: 'list',
      data: [{ id: 'coder', object: 'model', max_model_len: 8192 }],
    })
  })

  it.each([['<html>busy</html>'], [''], ['null'], ['{"data": [']])('passes %j as it is', (raw) => {
    expect(completeModels(raw, served, 8192)).toBe(raw)
  })
})
