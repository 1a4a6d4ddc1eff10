/** Files of a folder by HTTP, whole or in part. */
import { createReadStream, statSync } from 'node:fs'
import type { IncomingMessage, OutgoingHttpHeaders, RequestListener, ServerResponse } from 'node:http'
import { join, normalize } from 'node:path'
import { pipeline } from 'node:stream'

/** A package index made of files, at `/simple/`; see python/simple_index.py. */
export function filesListener(folder: string): RequestListener {
  return (request, response) => {
    const path = normalize(decodeURIComponent(new URL(request.url ?? '/', 'http://files').pathname))
    sendFile(join(folder, path.endsWith('/') ? `${path}index.html` : path), request, response)
  }
}

/** 404 where there is no such file. */
export function sendFile(
  file: string,
  request: IncomingMessage,
  response: ServerResponse,
  headers: OutgoingHttpHeaders = {},
): void {
  const found = statSync(file, { throwIfNoEntry: false })
  if (!found?.isFile()) return void response.writeHead(404).end()
  const part = partOf(request.headers.range, found.size)
  if (part.start > part.end && found.size > 0) return void response.writeHead(416).end()
  response.writeHead(part.isWhole ? 200 : 206, {
    'content-length': part.end - part.start + 1,
    'accept-ranges': 'bytes',
    ...(file.endsWith('.html') ? { 'content-type': 'text/html' } : {}),
    ...(part.isWhole
      ? {}
      : { 'content-range': `bytes ${String(part.start)}-${String(part.end)}/${String(found.size)}` }),
    ...headers,
  })
  if (request.method === 'HEAD' || found.size === 0) return void response.end()
  pipeline(createReadStream(file, { start: part.start, end: part.end }), response, () => undefined)
}

function partOf(range: string | undefined, size: number): { start: number; end: number; isWhole: boolean } {
  const asked = /^bytes=(\d+)-(\d*)$/.exec(range ?? '')
  const last = asked?.[2] === undefined || asked[2] === '' ? size - 1 : Number(asked[2])
  return { start: Number(asked?.[1] ?? 0), end: Math.min(last, size - 1), isWhole: asked === null }
}
