/** The gateway over SSH against `ssh -N -L` to the same server, in turn. */
import { Agent } from 'node:http'
import { cpus, loadavg } from 'node:os'
import { fixed, median, quantile } from './measure.js'
import { cpuOf, send, sleep, withTunnels } from './tunnel-rig.js'

/** @typedef {import('./run.js').Row} Row @typedef {import('./tunnel-rig.js').Rig} Rig */

const ROUNDS = 9
const SMALL = Buffer.from(JSON.stringify({ model: 'bench', chunks: 1 }))
const LARGE = Buffer.alloc(64e6, 'x')

/** @returns {Promise<Row[]>} */
export const tunnelRows = async () => [
  ...(await withTunnels(speedRows, { throughWire: false })),
  await withTunnels(reconnectRow, { throughWire: true }),
  {
    what: 'load average of the machine after it, 1 minute',
    target: 'none',
    measured: `${fixed(loadavg()[0] ?? 0, 1)} on ${String(cpus().length)} cores`,
    ok: true,
  },
]

/** @param {Rig} rig @returns {Promise<Row[]>} */
const speedRows = async (rig) => [
  await rateRow(rig, 'requests/s on one kept connection', { lanes: 1, keepAlive: true, total: 1500 }),
  await rateRow(rig, 'requests/s on 16 kept connections', { lanes: 16, keepAlive: true, total: 4800 }),
  await rateRow(rig, 'requests/s, each on a new connection, one at a time', { lanes: 1, keepAlive: false, total: 500 }),
  await rateRow(rig, 'requests/s, each on a new connection, 16 at a time', {
    lanes: 16,
    keepAlive: false,
    total: 1600,
  }),
  await throughputRow(rig),
  ...(await delayRows(rig)),
  await withoutSshRow(rig),
  await cpuRow(rig),
]

/** @param {number} port @param {{lanes: number, keepAlive: boolean, total: number}} load requests a second */
async function rate(port, { lanes, keepAlive, total }) {
  const agent = new Agent({ keepAlive, maxSockets: lanes })
  const since = performance.now()
  const lane = async () => {
    for (let count = 0; count < total / lanes; count += 1) {
      const status = await send(port, { agent, body: SMALL })
      if (status !== 200) throw new Error(`HTTP ${String(status)}`)
    }
  }
  await Promise.all(Array.from({ length: lanes }, lane))
  const seconds = (performance.now() - since) / 1000
  agent.destroy()
  return total / seconds
}

/** @param {number} port megabytes a second, there and back */
async function throughput(port) {
  const since = performance.now()
  await send(port, { path: '/v1/echo', body: LARGE })
  return LARGE.length / 1000 / (performance.now() - since)
}

/**
 * Medians of runs in turn; more is better.
 * @param {number} ours @param {number} theirs @param {(port: number) => Promise<number>} measure
 */
async function compare(ours, theirs, measure, rounds = ROUNDS) {
  await measure(ours)
  await measure(theirs)
  const runs = []
  for (let round = 0; round < rounds; round += 1)
    runs.push({ ours: await measure(ours), theirs: await measure(theirs) })
  return {
    ratio: median(runs.map((run) => run.ours / run.theirs)),
    ours: median(runs.map((run) => run.ours)),
    theirs: median(runs.map((run) => run.theirs)),
  }
}

/** @param {Rig} rig @param {string} what @param {Parameters<typeof rate>[1]} load @returns {Promise<Row>} */
async function rateRow({ ours, theirs }, what, load) {
  const found = await compare(ours, theirs, (port) => rate(port, load))
  return row(what, found, 0)
}

/** @param {Rig} rig @returns {Promise<Row>} */
async function throughputRow({ ours, theirs }) {
  return row('MB/s, 64 MB there and back', await compare(ours, theirs, throughput, 5), 0)
}

/** @param {string} what @param {{ratio: number, ours: number, theirs: number}} found @param {number} digits @returns {Row} */
const row = (what, { ratio, ours, theirs }, digits) => ({
  what,
  target: '1.0x or better',
  measured: `${fixed(ratio)}x (${fixed(ours, digits)}, ssh ${fixed(theirs, digits)})`,
  ok: ratio >= 1,
})

/** @param {Rig} rig @returns {Promise<Row[]>} */
async function delayRows({ ours, theirs }) {
  const runs = []
  for (let round = 0; round < 5; round += 1) runs.push({ ours: await delays(ours), theirs: await delays(theirs) })
  return [0.5, 0.99].map((share) => {
    const mine = median(runs.map((run) => quantile(run.ours, share)))
    const ssh = median(runs.map((run) => quantile(run.theirs, share)))
    return {
      what: `delay of an SSE chunk, p${String(share * 100)}`,
      target: '1.0x or less',
      measured: `${fixed(mine / ssh)}x (${fixed(mine)} ms, ssh ${fixed(ssh)} ms)`,
      ok: mine <= ssh,
    }
  })
}

/** Milliseconds from the engine's write to the client's read. @param {number} port */
async function delays(port) {
  /** @type {number[]} */
  const found = []
  await send(port, {
    body: Buffer.from(JSON.stringify({ model: 'bench', chunks: 500, everyMs: 4 })),
    onPiece: (piece) => {
      const now = process.hrtime.bigint()
      for (const [, sent] of piece.toString().matchAll(/data: (\d+)/g))
        found.push(Number(now - BigInt(sent ?? 0)) / 1e6)
    },
  })
  return found
}

/** A client asks all the time; the path is away for a while, then back. @param {Rig} rig @returns {Promise<Row>} */
async function reconnectRow({ ours, wire }) {
  const seconds = []
  for (const awayMs of [500, 2000, 5000, 10_000, 20_000]) {
    wire.cut(true)
    const backAt = performance.now() + awayMs
    setTimeout(() => wire.mend(), awayMs)
    while (performance.now() < backAt || !(await isServed(ours))) await sleep(50)
    seconds.push((performance.now() - backAt) / 1000)
  }
  const worst = Math.max(...seconds)
  return {
    what: 'path back after 0.5 to 20 s, to the first good answer',
    target: '2 s or less',
    measured: `${fixed(worst)} s at most, median ${fixed(median(seconds))} s`,
    ok: worst <= 2,
  }
}

/** @param {number} port */
const isServed = (port) =>
  send(port, { body: SMALL }).then(
    (status) => status === 200,
    () => false,
  )

/** What speaking HTTP costs by itself. @param {Rig} rig @returns {Promise<Row>} */
async function withoutSshRow({ bare, theirs }) {
  const found = await compare(bare, theirs, (port) => rate(port, { lanes: 16, keepAlive: true, total: 4800 }), 5)
  const { measured } = row('', found, 0)
  return {
    what: '16 kept connections, the gateway without SSH against ssh, for comparison',
    target: 'none',
    measured,
    ok: true,
  }
}

/** @param {Rig} rig @returns {Promise<Row>} */
async function cpuRow({ ours, theirs, keeper, ssh }) {
  const total = 20_000
  const cost = async (/** @type {number} */ port, /** @type {number | undefined} */ pid) => {
    const before = cpuOf(pid)
    await rate(port, { lanes: 16, keepAlive: true, total })
    return ((cpuOf(pid) - before) / total) * 1e6
  }
  const [mine, other] = [await cost(ours, keeper.pid), await cost(theirs, ssh.pid)]
  return {
    what: 'CPU time of a request on this side, 16 kept connections',
    target: 'none',
    measured: `${fixed(mine, 0)} µs, ssh ${fixed(other, 0)} µs`,
    ok: true,
  }
}
