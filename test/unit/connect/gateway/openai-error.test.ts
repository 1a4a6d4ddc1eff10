import { describe, expect, it } from 'vitest'
import {
  away,
  badRequest,
  bodyOf,
  engineLost,
  forbidden,
  notFound,
  unknownModel,
  wrongKey,
} from '../../../../src/connect/gateway/openai-error.js'

describe('errors', () => {
  it.each([
    ['badRequest', badRequest('No.'), 400, 'invalid_request_error', null],
    [
      'badRequest with a code',
      badRequest('No.', 'fim_not_supported', 'suffix'),
      400,
      'invalid_request_error',
      'fim_not_supported',
    ],
    ['wrongKey', wrongKey, 401, 'invalid_request_error', 'invalid_api_key'],
    ['forbidden', forbidden('No.'), 403, 'invalid_request_error', 'forbidden'],
    ['notFound', notFound('/v2'), 404, 'invalid_request_error', 'not_found'],
    ['unknownModel', unknownModel('gpt', ['coder']), 404, 'invalid_request_error', 'model_not_found'],
    ['engineLost', engineLost, 502, 'server_error', 'engine_lost'],
    ['away', away('it is starting', 1000), 503, 'server_error', 'engine_away'],
  ])('%s has the status and code that clients tell it by', (_name, error, status, type, code) => {
    expect(error).toMatchObject({ status, type, code })
    expect(error.message).toMatch(/\.$/)
  })

  it('say what to do next', () => {
    expect(wrongKey.message).toContain('`labos env`')
    expect(notFound('/v2/chat').message).toBe('There is nothing at /v2/chat. The OpenAI API is under /v1.')
    expect(unknownModel('gpt', ['coder', 'coder:lite']).message).toContain('This lab serves: coder, coder:lite.')
  })
})

describe('bodyOf', () => {
  it('has the four fields that clients read, and no more', () => {
    expect(JSON.parse(bodyOf(badRequest('Not so.', null, 'model')))).toEqual({
      error: { message: 'Not so.', type: 'invalid_request_error', param: 'model', code: null },
    })
    expect(JSON.parse(bodyOf(away('it is starting', 1)))).toEqual({
      error: {
        message: 'The engine is not serving: it is starting.',
        type: 'server_error',
        param: null,
        code: 'engine_away',
      },
    })
  })

  it('is one line, so that it fits an event of a stream', () => {
    expect(bodyOf(badRequest('one\ntwo'))).not.toContain('\n')
  })
})

describe('away', () => {
  it.each([
    [0, 1],
    [1, 1],
    [1000, 1],
    [1001, 2],
    [60_000, 60],
  ])('%i ms until the next try are %i whole seconds', (retryAfterMs, seconds) => {
    expect(away('it is starting', retryAfterMs).retryAfterSeconds).toBe(seconds)
  })
})
