import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { serve } from './http-server.js'

export interface FakeIndex {
  /** For PIP_INDEX_URL. */
  readonly url: string
  readonly asked: string[]
  /** After how many bytes a file's answer breaks off, for one answer after the other. */
  readonly cuts: number[]
  readonly sha256: string
  readonly bytes: number
}

/** A package index (PEP 503) that has one wheel. */
export async function fakeIndex(wheel: string): Promise<FakeIndex> {
  const content = readFileSync(wheel)
  const file = basename(wheel)
  const asked: string[] = []
  const cuts: number[] = []
  const address = await serve((request, response) => {
    asked.push(request.url ?? '')
    if (request.url?.startsWith('/simple/')) {
      response.setHeader('content-type', 'text/html')
      return void response.end(`<!doctype html><a href="/files/${file}">${file}</a>`)
    }
    response.writeHead(200, { 'content-length': content.length })
    const cut = cuts.shift()
    if (cut === undefined) response.end(content)
    else response.write(content.subarray(0, cut), () => setTimeout(() => response.destroy(), 600))
  })
  const sha256 = createHash('sha256').update(content).digest('hex')
  return { url: `${address}/simple`, asked, cuts, sha256, bytes: content.length }
}
