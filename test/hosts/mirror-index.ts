/** A package index (PEP 503) of the wheels and archives in a folder. */
import { createHash } from 'node:crypto'
import { createReadStream, readdirSync, statSync } from 'node:fs'
import type { RequestListener, ServerResponse } from 'node:http'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { pathOf } from './mirror.js'
import { sendFile } from './send-file.js'

/**
 * `/simple/`, `/simple/NAME/` and `/files/FILE`: what is in the folder when it is asked. For pip: `--index-url URL/simple`.
 * Where the folder has a `simple` of its own, its files are the answer as they are.
 */
export function indexListener(folder: string): RequestListener {
  const digests = new Map<string, Promise<string>>()
  const isMade = statSync(join(folder, 'simple'), { throwIfNoEntry: false })?.isDirectory() ?? false
  return (request, response) => {
    const path = pathOf(request)
    if (isMade)
      return sendFile(join(folder, path.endsWith('/') ? `${path}index.html` : path), request, response, typeOf(path))
    const [, file] = /^\/files\/([^/]+)$/.exec(path) ?? []
    if (file !== undefined) return sendFile(join(folder, file), request, response, tagOf(join(folder, file)))
    const [, name] = /^\/simple(?:\/([^/]+))?\/$/.exec(path) ?? []
    if (/^\/simple(?:\/[^/]+)?$/.test(path)) return void response.writeHead(301, { location: `${path}/` }).end()
    if (!path.startsWith('/simple/')) return void response.writeHead(404).end()
    list(folder, name, digests).then(
      (links) => (links.length > 0 ? sendPage(links, response) : response.writeHead(404).end()),
      (error: unknown) => response.writeHead(500).end(String(error)),
    )
  }
}

const typeOf = (path: string): Record<string, string> =>
  /\/$|\.html$/.test(path) ? { 'content-type': 'text/html' } : {}

function tagOf(file: string): Record<string, string> {
  const found = statSync(file, { throwIfNoEntry: false })
  return found ? { etag: `"${String(found.size)}-${String(found.mtimeMs)}"` } : {}
}

/** Links of the index, or of one project. */
async function list(
  folder: string,
  name: string | undefined,
  digests: Map<string, Promise<string>>,
): Promise<string[]> {
  const files = readdirSync(folder).filter((file) => /\.(?:whl|tar\.gz|zip)$/.test(file))
  if (name === undefined) {
    const names = new Set(files.map(projectOf))
    return [...names].sort().map((each) => `<a href="/simple/${each}/">${each}</a>`)
  }
  const own = files.filter((file) => projectOf(file) === normal(name)).sort()
  return Promise.all(
    own.map(async (file) => {
      const digest = digests.get(file) ?? sha256Of(join(folder, file))
      digests.set(file, digest)
      return `<a href="/files/${encodeURIComponent(file)}#sha256=${await digest}">${file}</a>`
    }),
  )
}

/** As PEP 503 writes a project's name. */
const normal = (name: string): string => name.replaceAll(/[-_.]+/g, '-').toLowerCase()

/** A wheel's name ends at its first dash, an archive's before its version. */
const projectOf = (file: string): string =>
  normal(file.endsWith('.whl') ? (file.split('-')[0] ?? '') : file.replace(/-\d[^-]*$/, ''))

async function sha256Of(file: string): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(file), hash)
  return hash.digest('hex')
}

function sendPage(links: readonly string[], response: ServerResponse): void {
  const body = `<!DOCTYPE html>\n<html><body>\n${links.join('<br>\n')}\n</body></html>\n`
  response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(body)
}
