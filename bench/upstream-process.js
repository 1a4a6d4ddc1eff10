/** An engine's stand-in for measuring the gateway: streams events as asked, echoes bodies. Says its port on IPC. */
import { createServer } from 'node:http'

const CHUNK = `data: ${JSON.stringify({ choices: [{ delta: { content: 'x'.repeat(120) } }] })}\n\n`

const server = createServer({ noDelay: true }, (req, res) => {
  if (req.url === '/v1/echo') return void req.pipe(res.writeHead(200))
  let body = ''
  req.on('data', (piece) => (body += piece))
  req.on('end', () => {
    const { chunks = 100, everyMs = 0 } = JSON.parse(body || '{}')
    res.writeHead(200, { 'content-type': 'text/event-stream' })
    if (everyMs > 0) paced(res, chunks, everyMs)
    else fast(res, chunks)
  })
})

/** @param {import('node:http').ServerResponse} res @param {number} left */
function fast(res, left) {
  while (left > 0) {
    left -= 1
    if (!res.write(CHUNK)) return void res.once('drain', () => fast(res, left))
  }
  res.end('data: [DONE]\n\n')
}

/** Each chunk carries when it was sent, on the clock that all processes share. @param {import('node:http').ServerResponse} res @param {number} left @param {number} everyMs */
function paced(res, left, everyMs) {
  const timer = setInterval(() => {
    res.write(`data: ${String(process.hrtime.bigint())}\n\n`)
    left -= 1
    if (left > 0) return
    clearInterval(timer)
    res.end()
  }, everyMs)
}

server.listen(0, '127.0.0.1', () => process.send?.({ port: server.address().port }))
process.on('message', () => server.getConnections((_, connections) => process.send?.({ connections })))
process.on('disconnect', () => process.exit(0))
