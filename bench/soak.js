/** A day's work in minutes: many requests, some left in the middle, and a path that is cut again and again. */
import { Agent } from 'node:http'
import { fixed } from './measure.js'
import { asked, send, sleep, withTunnels } from './tunnel-rig.js'

/** @typedef {import('./run.js').Row} Row @typedef {import('./tunnel-rig.js').Rig} Rig */

const RECONNECTS = 200
const REQUESTS_BETWEEN = 250
const LANES = 10
/** After so many the process has all that it keeps. */
const WARM_RECONNECTS = 40
const SMALL = Buffer.from(JSON.stringify({ model: 'bench', chunks: 1 }))
const LONG = Buffer.from(JSON.stringify({ model: 'bench', chunks: 1000, everyMs: 10 }))

/** @returns {Promise<Row[]>} */
export const soakRows = () => withTunnels(soak, { throughWire: true })

/** @param {Rig} rig @returns {Promise<Row[]>} */
async function soak(rig) {
  const counts = { answered: 0, left: 0, cut: 0, refused: 0 }
  let warm = await settled(rig)
  for (let round = 0; round < RECONNECTS; round += 1) {
    await work(rig, counts)
    await cut(rig, counts)
    if (round === WARM_RECONNECTS) warm = await settled(rig)
  }
  return rowsOf(counts, warm, await settled(rig))
}

/** @typedef {{answered: number, left: number, cut: number, refused: number}} Counts */

/** @param {Rig} rig @param {Counts} counts */
async function work({ ours }, counts) {
  const agent = new Agent({ keepAlive: true, maxSockets: LANES })
  const lane = async (/** @type {unknown} */ _, /** @type {number} */ index) => {
    for (let count = 0; count < REQUESTS_BETWEEN / LANES; count += 1) {
      const leaveEarly = (count + index) % 10 === 0
      const status = await send(ours, {
        agent: index % 2 === 0 ? agent : false,
        body: leaveEarly ? LONG : SMALL,
        leaveEarly,
      })
      if (status !== 200) throw new Error(`HTTP ${String(status)}`)
      counts[leaveEarly ? 'left' : 'answered'] += 1
    }
  }
  await Promise.all(Array.from({ length: LANES }, lane))
  agent.destroy()
}

/** Under streams that are open. @param {Rig} rig @param {Counts} counts */
async function cut({ ours, wire }, counts) {
  const streams = Array.from({ length: 3 }, () => openStream(ours))
  await Promise.all(streams.map(({ began }) => began))
  wire.cut()
  counts.cut += (await Promise.all(streams.map(({ ended }) => ended))).length
  while ((await send(ours, { body: SMALL }).catch(() => 0)) !== 200) {
    counts.refused += 1
    await sleep(20)
  }
}

/** @param {number} port */
function openStream(port) {
  let begin = () => {}
  const began = new Promise((resolve) => (begin = () => resolve(undefined)))
  const ended = send(port, { body: LONG, onPiece: begin }).catch(() => 0)
  return { began: Promise.race([began, ended]), ended }
}

/** What is held when nobody asks for anything. @param {Rig} rig */
async function settled({ keeper, wire, engineConnections }) {
  await sleep(1000)
  await asked(keeper)
  return { ...(await asked(keeper)), paths: wire.open, channels: await engineConnections() }
}

/** @param {Counts} counts @param {any} warm @param {any} end @returns {Row[]} */
function rowsOf({ answered, left, cut, refused }, warm, end) {
  const megabytes = (end.heapBytes - warm.heapBytes) / 1e6
  const text = `${String(answered)} answered, ${String(left)} left in the middle, ${String(cut)} cut, ${String(refused)} refused with 503 meanwhile`
  return [
    { what: `requests, ${String(RECONNECTS)} reconnects`, target: 'none', measured: text, ok: true },
    grown('channels to the engine at the end, kept or opened ahead', end.channels, '36 or fewer', end.channels <= 36),
    grown('SSH connections at the end', end.paths, '1', end.paths === 1),
    grown(
      'sockets of the process at the end',
      end.sockets,
      `${String(warm.sockets)}, as when warm`,
      end.sockets <= warm.sockets,
    ),
    grown('memory in use since warm', `${fixed(megabytes, 1)} MB`, '1 MB or less', megabytes <= 1),
    grown('resident memory since warm', `${fixed((end.rssBytes - warm.rssBytes) / 1e6, 1)} MB`, 'none', true),
  ]
}

/** @param {string} what @param {string | number} measured @param {string} target @param {boolean} ok @returns {Row} */
const grown = (what, measured, target, ok) => ({ what, target, measured: String(measured), ok })
