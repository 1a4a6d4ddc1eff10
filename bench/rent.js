/** Renting a machine of the tests' cloud, against the same requests by AWS's SDK alone. */
import { execFileSync } from 'node:child_process'
import { cpus, loadavg } from 'node:os'
import { withCloud } from './cloud.js'
import { fixed, median, secondsOf } from './measure.js'

/** @typedef {import('./run.js').Row} Row @typedef {import('./cloud.js').Bench} Bench */

const UP = ['up', 'deepseek-coder-v2', '--until', 'machine', '--yes', '--name']
const UP_ROUNDS = 5
/** How long machines take to end; real ones take a minute. */
const ENDINGS_MS = [0, 300, 3000]
const LADDER_ROUNDS = 5
const STATUS_ROUNDS = 15
const RUNGS = 40
/** Twelve types in the four or more zones of us-east-1 that have them, all within the quota. */
const TYPES = ['g5', 'g6'].flatMap((family) =>
  ['xlarge', '2xlarge', '4xlarge', '8xlarge', '12xlarge', '16xlarge'].map((size) => `${family}.${size}`),
)

/** @returns {Promise<Row[]>} */
export const rentRows = () =>
  withCloud(async (bench) => {
    await bench.labos(...UP, 'warm')
    await bench.labos('down', 'warm')
    const before = loadavg()[0] ?? 0
    const rows = [...(await upRows(bench)), ...(await ladderRows(bench)), ...(await statusRows(bench))]
    const load = `${fixed(before, 1)} before, ${fixed(loadavg()[0] ?? 0, 1)} after, on ${String(cpus().length)} cores`
    return [...rows, { what: 'load average of the machine, 1 minute', target: 'none', measured: load, ok: true }]
  })

/** Up and down in turn with the raw scripts, from nothing to nothing. @param {Bench} bench @returns {Promise<Row[]>} */
async function upRows(bench) {
  const ups = []
  /** @type {Record<number, {ours: number, raw: number}[]>} */
  const downs = { 0: [], 300: [], 3000: [] }
  for (let round = 0; round < ENDINGS_MS.length * UP_ROUNDS; round += 1) {
    const shuttingDownMs = ENDINGS_MS[round % ENDINGS_MS.length] ?? 0
    Object.assign(bench.cloud.settings, { shuttingDownMs })
    const name = `bench${String(round)}`
    const raw = await firstLaunch(bench, () => bench.node('bench/raw-up.js', name))
    const { machine, group } = JSON.parse(raw.text)
    const rawDown = await secondsFor(() => bench.node('bench/raw-down.js', machine, group, name))
    const ours = await firstLaunch(bench, () => bench.labos(...UP, name))
    const ourDown = await secondsFor(() => bench.labos('down', name))
    ups.push({ ours: ours.seconds, raw: raw.seconds })
    downs[shuttingDownMs]?.push({ ours: ourDown, raw: rawDown })
  }
  const up = ratioOf(ups)
  return [
    {
      what: '`labos up --until machine`, start to the launch request, against the SDK alone',
      target: '4x or less',
      measured: `${fixed(up.ratio)}x (${fixed(up.ours)} s, ${fixed(up.raw)} s)`,
      ok: up.ratio <= 4,
    },
    ...others(),
    ...Object.entries(downs).map(([ms, pairs]) => {
      const down = ratioOf(pairs)
      return {
        what: `\`labos down\`, machines that take ${ms} ms to end, against the SDK alone`,
        target: '1.2x or less',
        measured: `${fixed(down.ratio)}x (${fixed(down.ours)} s, ${fixed(down.raw)} s)`,
        ok: down.ratio <= 1.2,
      }
    }),
  ]
}

/** Other programs that rent machines: set up by hand, so only named. @returns {Row[]} */
const others = () =>
  Object.entries({ sky: 'SkyPilot', dstack: 'dstack' }).map(([command, name]) => ({
    what: `the same by ${name}`,
    target: 'none',
    measured: isInstalled(command) ? 'installed, not measured' : 'not installed here',
    ok: true,
  }))

/** @param {string} command */
function isInstalled(command) {
  try {
    execFileSync(command, ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

/** @param {Bench} bench @returns {Promise<Row[]>} */
async function ladderRows(bench) {
  const types = TYPES.flatMap((type) => ['--instance-type', type])
  const pairs = []
  for (let round = 0; round < LADDER_ROUNDS; round += 1) {
    const raw = await refusals(bench, () => bench.node('bench/raw-ladder.js', String(RUNGS + 1)))
    const name = `ladder${String(round)}`
    const ours = await refusals(bench, () => bench.labos(...UP, name, ...types))
    await bench.labos('down', name)
    pairs.push({ ours, raw })
  }
  const [ours, raw] = [median(pairs.map((pair) => pair.ours)), median(pairs.map((pair) => pair.raw))]
  return [
    {
      what: `${String(RUNGS)} refused rungs of the ladder, first launch request to the one after them`,
      target: `${String(RUNGS)} round trips of the SDK alone + 1 s`,
      measured: `${fixed(ours)} s (round trips ${fixed(raw)} s)`,
      ok: ours <= raw + 1,
    },
  ]
}

/** Seconds from the first launch request to the one after 40 refusals. @param {Bench} bench @param {() => Promise<unknown>} work */
async function refusals({ cloud }, work) {
  const mend = cloud.fault({ action: 'RunInstances', times: RUNGS, kind: { error: 'InsufficientInstanceCapacity' } })
  const before = cloud.journal.length
  await work()
  mend()
  const launches = cloud.journal.slice(before).filter(({ action }) => action === 'RunInstances')
  const [first, last] = [launches[0], launches[RUNGS]]
  if (!first || !last) throw new Error(`only ${String(launches.length)} launch requests`)
  return (last.atMs - first.atMs) / 1000
}

/** @param {Bench} bench @returns {Promise<Row[]>} */
async function statusRows({ labos, env, cloud }) {
  await labos(...UP, 'bench')
  const machine = JSON.parse(await labos('status', 'bench', '--json')).machine.id
  const labosRuns = ['node', 'bin/run.cjs']
  const runs = { refresh: [], ps: [], status: [] }
  /** @type {(into: {ours: number, raw: number, wall?: number}[], args: string[], raw: string[]) => Promise<void>} */
  const pair = async (into, args, raw) => {
    const [ours, theirs] = [await secondsOf([...labosRuns, ...args], env), await secondsOf(['node', ...raw], env)]
    into.push({ ours: ours.cpu, raw: theirs.cpu, wall: ours.wall / theirs.wall })
  }
  for (let round = 0; round < STATUS_ROUNDS; round += 1) {
    await pair(runs.refresh, ['status', 'bench', '--refresh'], ['bench/raw-status.js', machine])
    await pair(runs.ps, ['ps'], ['-e', '0'])
    await pair(runs.status, ['status', 'bench'], ['-e', '0'])
  }
  const asked = cloud.journal.at(-1)?.action
  if (asked !== 'DescribeInstances') throw new Error(`the last request was ${String(asked)}`)
  await labos('down', 'bench')
  /** @type {(what: string, found: {ours: number, raw: number, wall?: number}[], target: number) => Row} */
  const row = (what, found, target) => {
    const { ratio } = ratioOf(found)
    const wall = median(found.map((each) => each.wall ?? NaN))
    const measured = `${fixed(ratio)}x (by the clock ${fixed(wall)}x)`
    return { what, target: `${String(target)}x or less`, measured, ok: ratio <= target }
  }
  return [
    row('`labos status --refresh`, CPU time against one DescribeInstances by the SDK alone', runs.refresh, 1.5),
    row('`labos ps` with a rented lab, CPU time against `node -e 0`', runs.ps, 1.8),
    row('`labos status` of it, CPU time against `node -e 0`', runs.status, 1.8),
  ]
}

/** From the start of the work to the launch request as the cloud sees it. @param {Bench} bench @param {() => Promise<string>} work */
async function firstLaunch({ cloud }, work) {
  const before = cloud.journal.length
  const sinceMs = Date.now()
  const text = await work()
  const launch = cloud.journal.slice(before).find(({ action }) => action === 'RunInstances')
  if (!launch) throw new Error('nothing was launched')
  return { text, seconds: (launch.atMs - sinceMs) / 1000 }
}

/** @param {() => Promise<unknown>} work */
async function secondsFor(work) {
  const since = performance.now()
  await work()
  return (performance.now() - since) / 1000
}

/** Medians: of the ratio of each pair, and of both sides. @param {{ours: number, raw: number}[]} pairs */
const ratioOf = (pairs) => ({
  ratio: median(pairs.map(({ ours, raw }) => ours / raw)),
  ours: median(pairs.map(({ ours }) => ours)),
  raw: median(pairs.map(({ raw }) => raw)),
})
