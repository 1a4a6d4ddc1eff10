/** The way to moto: every request to it goes out here, signed again where a key is given. */
import { Agent, request as httpRequest, type IncomingHttpHeaders } from 'node:http'
import { text } from 'node:stream/consumers'
import type { Answer } from './request.js'
import { type AccessKey, amzDate, signature } from './signature.js'

export interface Outgoing {
  readonly method: string
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly service: string
  readonly region: string
  readonly body: string
}

export interface Door {
  /** Without a key the signature goes along as it came: moto finds service and region in it. */
  pass(request: Outgoing, key?: AccessKey): Promise<Answer>
  close(): void
}

export function doorTo(motoUrl: string): Door {
  const agent = new Agent({ keepAlive: true })
  const host = motoUrl.slice('http://'.length)
  const pass: Door['pass'] = (request, key) => {
    const sent = key ? signed(request, key, host) : request
    return new Promise((resolve, reject) => {
      const options = { method: sent.method, agent, headers: kept(sent) }
      const outgoing = httpRequest(`${motoUrl}${sent.path}`, options, (answer) => {
        const { statusCode: status = 500, headers } = answer
        const contentType = headers['content-type'] ?? 'text/xml'
        text(answer).then((body) => resolve({ status, body, contentType }), reject)
      })
      outgoing.on('error', reject).end(sent.body)
    })
  }
  return { pass, close: () => agent.destroy() }
}

function kept({ headers, body }: Outgoing): IncomingHttpHeaders {
  const { 'content-length': _length, 'accept-encoding': _encoding, expect: _expect, ...rest } = headers
  return { ...rest, 'content-length': String(Buffer.byteLength(body)) }
}

function signed(request: Outgoing, key: AccessKey, host: string): Outgoing {
  const date = amzDate(new Date())
  const isForm = request.headers['content-type']?.startsWith('application/x-www-form-urlencoded') ?? false
  const body = isForm ? rewritten(request.body) : request.body
  const authorization = signature({ ...request, body, host, date }, key)
  return { ...request, body, headers: { ...request.headers, host, 'x-amz-date': date, authorization } }
}

/** moto no longer has the body of a form when it looks at the signature, and writes it again in Python's way. */
const rewritten = (form: string): string =>
  [...new URLSearchParams(form)].map((pair) => pair.map(quoted).join('=')).join('&')

const quoted = (text: string): string =>
  encodeURIComponent(text)
    .replaceAll(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%20', '+')
