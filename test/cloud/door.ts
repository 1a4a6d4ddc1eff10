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
  const pass: Door['pass'] = (request, key) =>
    new Promise((resolve, reject) => {
      const headers = { ...kept(request), ...(key ? signed(request, key, host) : {}) }
      const outgoing = httpRequest(
        `${motoUrl}${request.path}`,
        { method: request.method, agent, headers },
        (answer) => {
          text(answer).then(
            (body) =>
              resolve({
                status: answer.statusCode ?? 500,
                body,
                contentType: answer.headers['content-type'] ?? 'text/xml',
              }),
            reject,
          )
        },
      )
      outgoing.on('error', reject).end(request.body)
    })
  return { pass, close: () => agent.destroy() }
}

function kept({ headers, body }: Outgoing): IncomingHttpHeaders {
  const { host: _host, 'content-length': _length, 'accept-encoding': _encoding, expect: _expect, ...rest } = headers
  return { ...rest, 'content-length': String(Buffer.byteLength(body)) }
}

function signed(request: Outgoing, key: AccessKey, host: string): Record<string, string> {
  const date = amzDate(new Date())
  return { host, 'x-amz-date': date, authorization: signature({ ...request, host, date }, key) }
}
