/** The hub's API over a folder of files, for measuring `labos pull`. Says its port on IPC, and on request the bytes it sent. */
import { createHash } from 'node:crypto'
import { createReadStream, readdirSync, statSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'

const COMMIT = '0123456789012345678901234567890123456789'
const [, , folder = ''] = process.argv
let sentBytes = 0

const siblings = await Promise.all(
  readdirSync(folder).map(async (rfilename) => {
    const hash = createHash('sha256')
    for await (const piece of createReadStream(join(folder, rfilename), { highWaterMark: 1 << 20 })) hash.update(piece)
    const { size } = statSync(join(folder, rfilename))
    return { rfilename, size, blobId: '0'.repeat(40), lfs: { sha256: hash.digest('hex'), size } }
  }),
)

const server = createServer((request, response) => {
  const { pathname } = new URL(request.url ?? '', 'http://hub')
  if (pathname.startsWith('/api/')) {
    return void response.end(JSON.stringify({ id: 'bench/weights', sha: COMMIT, siblings }))
  }
  const name = pathname.split('/').at(-1) ?? ''
  const size = siblings.find(({ rfilename }) => rfilename === name)?.size ?? 0
  const start = Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0)
  response.writeHead(start > 0 ? 206 : 200, {
    'content-length': size - start,
    ...(start > 0 ? { 'content-range': `bytes ${String(start)}-${String(size - 1)}/${String(size)}` } : {}),
  })
  const source = createReadStream(join(folder, name), { start, highWaterMark: 1 << 20 })
  source.on('data', ({ length }) => (sentBytes += length))
  response.on('close', () => source.destroy())
  source.pipe(response)
})

server.listen(0, '127.0.0.1', () => process.send?.({ port: Number(Object(server.address()).port) }))
process.on('message', () => {
  process.send?.({ sentBytes })
  sentBytes = 0
})
process.on('disconnect', () => process.exit(0))
