/** Files by HTTP, whole or in part. */
import { createReadStream, statSync } from 'node:fs'
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http'
import { pipeline } from 'node:stream'

/** 404 where there is no such file. With an etag among the headers, a part of an older file is answered with all of it. */
export function sendFile(
  file: string,
  request: IncomingMessage,
  response: ServerResponse,
  headers: OutgoingHttpHeaders = {},
): void {
  const found = statSync(file, { throwIfNoEntry: false })
  if (!found?.isFile()) return void response.writeHead(404).end()
  const part = partOf(request, found.size, headers['etag'])
  if (part === 'beyond') return void response.writeHead(416, { 'content-range': `bytes */${String(found.size)}` }).end()
  const [start, end] = part ?? [0, found.size - 1]
  response.writeHead(part ? 206 : 200, {
    'accept-ranges': 'bytes',
    'content-length': end - start + 1,
    ...(part ? { 'content-range': `bytes ${String(start)}-${String(end)}/${String(found.size)}` } : {}),
    ...headers,
  })
  if (request.method === 'HEAD' || found.size === 0) return void response.end()
  pipeline(createReadStream(file, { start, end }), response, () => undefined)
}

/** First and last byte; undefined = the whole file. */
function partOf(
  { headers }: IncomingMessage,
  size: number,
  etag: OutgoingHttpHeaders[string],
): [number, number] | 'beyond' | undefined {
  const [, from = '', to = ''] = /^bytes=(\d*)-(\d*)$/.exec(headers.range ?? '') ?? []
  const isOther = headers['if-range'] !== undefined && headers['if-range'] !== etag
  if (from + to === '' || isOther) return undefined
  const start = from === '' ? Math.max(0, size - Number(to)) : Number(from)
  const end = from === '' || to === '' ? size - 1 : Math.min(Number(to), size - 1)
  return start > end ? 'beyond' : [start, end]
}
