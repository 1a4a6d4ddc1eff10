import { describe, expect, it } from 'vitest'
import { corsHeaders, refuseForeign, refuseWrongKey } from '../../../src/connect/gateway/guard.js'

describe('refuseForeign', () => {
  const cases: [host: string | undefined, origin: string | undefined, allowed: boolean][] = [
    ['127.0.0.1:8484', undefined, true],
    ['localhost:8484', undefined, true],
    ['LOCALHOST:8484', undefined, true],
    ['[::1]:8484', undefined, true],
    ['127.0.0.1:8485', undefined, false],
    ['127.0.0.1', undefined, false],
    ['evil.example:8484', undefined, false],
    ['127.0.0.1.evil.example:8484', undefined, false],
    [undefined, undefined, false],
    ['127.0.0.1:8484', 'http://localhost:3000', true],
    ['127.0.0.1:8484', 'https://127.0.0.1', true],
    ['127.0.0.1:8484', 'https://evil.example', false],
    ['127.0.0.1:8484', 'http://localhost.evil.example', false],
    ['127.0.0.1:8484', 'null', false],
    ['127.0.0.1:8484', 'not a url', false],
    ['127.0.0.1:8484', 'vscode-file://vscode-app', true],
  ]
  it.each(cases)('host %s, origin %s: allowed %s', (host, origin, allowed) => {
    const headers = { ...(host === undefined ? {} : { host }), ...(origin === undefined ? {} : { origin }) }
    expect(refuseForeign(headers, 8484)?.status).toBe(allowed ? undefined : 403)
  })
})

describe('refuseWrongKey', () => {
  it.each([
    [{ authorization: 'Bearer sk-right' }, undefined],
    [{ authorization: 'bearer sk-right' }, undefined],
    [{ 'x-api-key': 'sk-right' }, undefined],
    [{ authorization: 'Bearer sk-wrong' }, 401],
    [{ authorization: 'Bearer sk-right2' }, 401],
    [{ authorization: 'Basic sk-right' }, 401],
    [{ authorization: 'Bearer ' }, 401],
    [{}, 401],
  ])('%j: %s', (headers, status) => {
    expect(refuseWrongKey(headers, 'sk-right')?.status).toBe(status)
  })
})

it('answers pages with headers for their own origin, and nobody else', () => {
  expect(corsHeaders('http://localhost:3000')).toMatchObject({
    'access-control-allow-origin': 'http://localhost:3000',
    vary: 'Origin',
  })
  expect(corsHeaders(undefined)).toEqual({})
})
