/** Who may come in: pure decisions on a request's head. */
import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { forbidden, wrongKey, type OpenAiError } from './openai-error.js'

const LOOPBACK = new Set(['127.0.0.1', 'localhost', '[::1]'])

/**
 * Refuses requests that a web page elsewhere could make the browser send (DNS rebinding): the Host must be this
 * computer's loopback and our port, and an Origin from the web must be loopback too. Editors' own schemes
 * (`vscode-file://`) are no web page's to forge.
 */
export function refuseForeign(headers: IncomingHttpHeaders, port: number): OpenAiError | undefined {
  if (!isOurHost(headers.host, port)) return forbidden(`The Host "${headers.host ?? ''}" is not this endpoint.`)
  const { origin } = headers
  if (origin !== undefined && !isOwnOrigin(origin))
    return forbidden(`Pages from "${origin}" may not use this endpoint.`)
  return undefined
}

function isOurHost(host: string | undefined, port: number): boolean {
  const parts = /^(.+):(\d+)$/.exec(host?.toLowerCase() ?? '')
  return parts !== null && LOOPBACK.has(parts[1] ?? '') && parts[2] === String(port)
}

function isOwnOrigin(origin: string): boolean {
  if (origin === 'null' || !URL.canParse(origin)) return false
  const { protocol, hostname } = new URL(origin)
  return protocol === 'http:' || protocol === 'https:' ? LOOPBACK.has(hostname) : true
}

/** Refuses a request without the lab's key, given as a bearer token or `x-api-key`. Takes the same time for every wrong key. */
export function refuseWrongKey(headers: IncomingHttpHeaders, key: string): OpenAiError | undefined {
  const bearer = /^Bearer (.+)$/i.exec(headers.authorization ?? '')?.[1]
  const given = bearer ?? headers['x-api-key']
  return typeof given === 'string' && timingSafeEqual(digest(given), digest(key)) ? undefined : wrongKey
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()

/** Headers that let a page on this computer use the endpoint; none for anything that sent no Origin. */
export function corsHeaders(origin: string | undefined): Record<string, string> {
  if (origin === undefined) return {}
  return {
    'access-control-allow-origin': origin,
    vary: 'Origin',
    'access-control-allow-methods': 'GET, POST, OPTIONS',
    'access-control-allow-headers':
      'authorization, content-type, x-api-key, openai-organization, openai-project, x-stainless-lang, x-stainless-package-version, x-stainless-os, x-stainless-arch, x-stainless-runtime, x-stainless-runtime-version, x-stainless-retry-count, x-stainless-timeout',
    'access-control-max-age': '600',
  }
}
