/** AWS's signature, version 4: what moto looks at once it enforces policies. Of our own requests, and of those we changed. */
import { createHash, createHmac } from 'node:crypto'

export interface AccessKey {
  readonly id: string
  readonly secret: string
}

export interface Signable {
  readonly method: string
  /** With its query. */
  readonly path: string
  readonly host: string
  /** As in `x-amz-date`. */
  readonly date: string
  readonly region: string
  readonly service: string
  readonly body: string
}

/** The `authorization` header. It covers the host, the date, and the body. */
export function signature({ method, path, host, date, region, service, body }: Signable, key: AccessKey): string {
  const [place = '/', query = ''] = path.split('?')
  const pairs = query.split('&').sort().join('&')
  const headers = `host:${host}\nx-amz-date:${date}\n`
  const names = 'host;x-amz-date'
  const canonical = [method, place, pairs, headers, names, digest(body)].join('\n')
  const scope = [date.slice(0, 8), region, service, 'aws4_request']
  const text = ['AWS4-HMAC-SHA256', date, scope.join('/'), digest(canonical)].join('\n')
  const secret = scope.reduce<string | Buffer>((before, part) => hmac(before, part).digest(), `AWS4${key.secret}`)
  const sum = hmac(secret, text).digest('hex')
  return `AWS4-HMAC-SHA256 Credential=${key.id}/${scope.join('/')}, SignedHeaders=${names}, Signature=${sum}`
}

/** `20261101T120000Z` */
export const amzDate = (at: Date): string => at.toISOString().replaceAll(/[-:]|\.\d+/g, '')

const digest = (text: string): string => createHash('sha256').update(text).digest('hex')
const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text)
