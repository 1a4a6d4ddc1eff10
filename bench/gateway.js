import { fork } from 'node:child_process'
import { Agent, request } from 'node:http'
import { fixed, median, quantile } from './measure.js'

const ROUNDS = 7
const BODY = Buffer.alloc(100e6, 'x')
const agent = new Agent({ keepAlive: true })

export async function gatewayRows() {
  const upstream = fork('bench/upstream-process.js')
  const engine = await portOf(upstream)
  const gateway = fork('bench/gateway-process.js', [String(engine)])
  const door = await portOf(gateway)
  const relay = fork('bench/relay-process.js', [String(engine)])
  const wire = await portOf(relay)
  try {
    const stream = await ratio((port) => events(port, { chunks: 40_000 }), engine, door)
    const bare = await ratio((port) => events(port, { chunks: 40_000 }), engine, wire)
    const many = await ratio(
      (port) => Promise.all(Array.from({ length: 32 }, () => events(port, { chunks: 2000 }))),
      engine,
      door,
    )
    const body = await ratio((port) => send(port, '/v1/echo', BODY), engine, door, 5)
    const direct = quantile(await delays(engine), 0.99)
    const added = quantile(await delays(door), 0.99) - direct
    return [
      row('throughput of one SSE stream, as fast as it can', stream, 0.95),
      {
        what: 'the same through a bare TCP relay, for comparison',
        target: 'none',
        measured: `${fixed(bare)}x`,
        ok: true,
      },
      row('throughput of 32 SSE streams at once', many, 0.95),
      row('100 MB body there and back', body, 0.95),
      {
        what: 'added delay of a chunk, p99',
        target: 'below 1 ms',
        measured: `${fixed(added)} ms (direct ${fixed(direct)} ms)`,
        ok: added < 1,
      },
    ]
  } finally {
    gateway.disconnect()
    relay.disconnect()
    upstream.disconnect()
    agent.destroy()
  }
}

/** @param {string} what @param {number} value @param {number} target */
const row = (what, value, target) => ({
  what,
  target: `${String(target)}x or better`,
  measured: `${fixed(value)}x`,
  ok: value >= target,
})

/** @param {import('node:child_process').ChildProcess} child @returns {Promise<number>} */
const portOf = (child) => new Promise((resolve) => child.once('message', ({ port }) => resolve(port)))

/** Throughput through the gateway as a share of direct: medians of runs in turn. @param {(port: number) => Promise<unknown>} work @param {number} direct @param {number} through */
async function ratio(work, direct, through, rounds = ROUNDS) {
  await work(direct)
  await work(through)
  const ratios = []
  for (let round = 0; round < rounds; round += 1)
    ratios.push((await timed(() => work(direct))) / (await timed(() => work(through))))
  return median(ratios)
}

/** @param {() => Promise<unknown>} work */
async function timed(work) {
  const since = performance.now()
  await work()
  return performance.now() - since
}

/** @param {number} port @param {object} wish */
const events = (port, wish) =>
  send(port, '/v1/chat/completions', Buffer.from(JSON.stringify({ model: 'bench', ...wish })))

/** @param {number} port @param {string} path @param {Buffer} body @param {(piece: Buffer) => void} [onPiece] */
const send = (port, path, body, onPiece = () => undefined) =>
  new Promise((resolve, reject) => {
    const headers = { authorization: 'Bearer key', 'content-type': 'application/json', 'content-length': body.length }
    const req = request({ port, host: '127.0.0.1', agent, path, method: 'POST', headers }, (res) => {
      res.on('data', onPiece)
      res.on('end', resolve)
    })
    req.on('error', reject)
    req.end(body)
  })

/** Milliseconds from the engine's write to the client's read, for each chunk. @param {number} port */
async function delays(port) {
  const found = []
  await send(
    port,
    '/v1/chat/completions',
    Buffer.from(JSON.stringify({ model: 'bench', chunks: 1000, everyMs: 4 })),
    (piece) => {
      const now = process.hrtime.bigint()
      for (const [, sent] of piece.toString().matchAll(/data: (\d+)/g))
        found.push(Number(now - BigInt(sent ?? 0)) / 1e6)
    },
  )
  return found
}
