import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { corsHeaders, refuseForeign, refuseWrongKey } from '../../../../src/connect/gateway/guard.js'

const PORT = 8100
const KEY = 'lab-key-0123456789'

describe('refuseForeign', () => {
  it.each([['127.0.0.1:8100'], ['localhost:8100'], ['LocalHost:8100'], ['[::1]:8100']])('lets in Host %s', (host) => {
    expect(refuseForeign({ host }, PORT)).toBeUndefined()
  })

  it.each([
    ['of another name', 'rebound.example:8100'],
    ['of another port', '127.0.0.1:8101'],
    ['without a port', '127.0.0.1'],
    ['of a name that begins like ours', 'localhost.evil.example:8100'],
    ['of a name that ends like ours', 'evil-localhost:8100'],
    ['of another loopback address', '127.0.0.2:8100'],
    ['with a user before it', 'evil.example@127.0.0.1:8100'],
    ['with more after the port', '127.0.0.1:8100.evil.example'],
    ['that is empty', ''],
    ['that is missing', undefined],
  ])('refuses a Host %s', (_what, host) => {
    const error = refuseForeign(host === undefined ? {} : { host }, PORT)
    expect(error).toEqual({
      status: 403,
      type: 'invalid_request_error',
      message: `The Host "${host ?? ''}" is not this endpoint.`,
      code: 'forbidden',
    })
  })

  it.each([
    ['http://localhost:3000'],
    ['http://127.0.0.1'],
    ['https://localhost'],
    ['http://[::1]:5173'],
    ['vscode-file://vscode-app'],
    ['app://obsidian.md'],
  ])('lets in Origin %s', (origin) => {
    expect(refuseForeign({ host: '127.0.0.1:8100', origin }, PORT)).toBeUndefined()
  })

  it.each([
    ['https://evil.example'],
    ['http://localhost.evil.example'],
    ['http://127.0.0.1.evil.example:8100'],
    ['http://localhost@evil.example'],
    ['http://192.168.1.10:3000'],
    ['null'],
    [''],
    ['no origin at all'],
  ])('refuses Origin "%s"', (origin) => {
    const error = refuseForeign({ host: '127.0.0.1:8100', origin }, PORT)
    expect(error).toMatchObject({ status: 403, message: `Pages from "${origin}" may not use this endpoint.` })
  })

  it('refuses every web page of a public name', () => {
    fc.assert(
      fc.property(fc.webUrl(), (url) => {
        const { origin } = new URL(url)
        expect(refuseForeign({ host: '127.0.0.1:8100', origin }, PORT)?.status).toBe(403)
      }),
    )
  })
})

describe('refuseWrongKey', () => {
  it.each([
    ['a bearer token', { authorization: `Bearer ${KEY}` }],
    ['a bearer token, in whatever case', { authorization: `bearer ${KEY}` }],
    ['x-api-key', { 'x-api-key': KEY }],
    ['x-api-key beside credentials of another kind', { authorization: 'Basic dTpw', 'x-api-key': KEY }],
  ])('takes the key as %s', (_how, headers) => {
    expect(refuseWrongKey(headers, KEY)).toBeUndefined()
  })

  it.each([
    ['no key', {}],
    ['another key', { authorization: 'Bearer lab-key-9876543210' }],
    ['the beginning of the key', { authorization: `Bearer ${KEY.slice(0, -1)}` }],
    ['the key and more', { authorization: `Bearer ${KEY}x` }],
    ['the key in other case', { authorization: `Bearer ${KEY.toUpperCase()}` }],
    ['an empty bearer token', { authorization: 'Bearer ' }],
    ['the key without a scheme', { authorization: KEY }],
    ['the key twice', { 'x-api-key': [KEY, KEY] }],
    ['a wrong bearer token beside the right x-api-key', { authorization: 'Bearer wrong', 'x-api-key': KEY }],
  ])('refuses %s', (_what, headers) => {
    expect(refuseWrongKey(headers, KEY)).toMatchObject({ status: 401, code: 'invalid_api_key' })
  })

  it('takes no other text for the key', () => {
    fc.assert(
      fc.property(fc.string(), (given) => {
        fc.pre(given !== KEY)
        expect(refuseWrongKey({ 'x-api-key': given }, KEY)?.status).toBe(401)
      }),
    )
  })
})

describe('corsHeaders', () => {
  it('says nothing to a client that is no page', () => {
    expect(corsHeaders(undefined)).toEqual({})
  })

  it('names the page and what the OpenAI client sends', () => {
    const headers = corsHeaders('http://localhost:3000')
    expect(headers).toMatchObject({ 'access-control-allow-origin': 'http://localhost:3000', vary: 'Origin' })
    const allowed = headers['access-control-allow-headers']?.split(', ')
    expect(allowed).toEqual(expect.arrayContaining(['authorization', 'content-type', 'x-api-key', 'x-stainless-lang']))
  })
})
