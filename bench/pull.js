/** `labos pull` of 1 GB from a server on loopback, against `curl` fetching the same files side by side. */
import { execFileSync, fork, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fixed, median } from './measure.js'

/** @typedef {import('./run.js').Row} Row */

const FILES = ['1', '2', '3', '4', '5'].map((index) => `weights-${index}.safetensors`)
const FILE_BYTES = 200_000_000
const ROUNDS = 5

/** @returns {Promise<Row[]>} */
export async function pullRows() {
  const home = mkdtempSync(join(tmpdir(), 'labos-bench-'))
  const source = join(home, 'source')
  mkdirSync(source)
  const content = randomBytes(FILE_BYTES)
  for (const name of FILES) writeFileSync(join(source, name), content)
  const hub = fork(join(import.meta.dirname, 'hub-process.js'), [source])
  try {
    const { port } = await answer(hub)
    const address = `http://127.0.0.1:${String(port)}`
    const env = {
      ...process.env,
      HOME: home,
      LABOS_HOME: join(home, 'labos'),
      HF_ENDPOINT: address,
      LABOS_QUIET: 'true',
    }
    /** @type {number[]} */
    const ratios = []
    /** @type {number[]} */
    const checkedRatios = []
    for (let round = 0; round < ROUNDS; round += 1) {
      const curl = timed(() => curlAll(address, fresh(home, 'curl')))
      const check = timed(() => execFileSync('sha256sum', FILES, { cwd: join(home, 'curl'), stdio: 'ignore' }))
      const labos = timed(() => pullInto(fresh(home, 'pulled'), env))
      ratios.push(curl / labos)
      checkedRatios.push((curl + check) / labos)
    }
    const peakMB = await peakMemory(fresh(home, 'peak'), env)
    const resumed = await resume(fresh(home, 'resumed'), env, hub)
    const ratio = median(ratios)
    return [
      {
        what: 'throughput of 1 GB in 5 files, checked, against `curl -Z`, which checks nothing',
        target: '0.9x or better',
        measured: `${fixed(ratio)}x`,
        ok: ratio >= 0.9,
      },
      {
        what: 'the same against `curl -Z`, then `sha256sum`',
        target: 'none',
        measured: `${fixed(median(checkedRatios))}x`,
        ok: true,
      },
      { what: 'peak memory', target: 'below 150 MB', measured: `${fixed(peakMB, 0)} MB`, ok: peakMB < 150 },
      {
        what: 'sent again after `kill -9`, of what was on disk',
        target: '1 % or less',
        measured: `${fixed(resumed * 100, 1)} %`,
        ok: resumed <= 0.01,
      },
    ]
  } finally {
    hub.disconnect()
    rmSync(home, { recursive: true, force: true })
  }
}

/** @param {string} home @param {string} name */
function fresh(home, name) {
  const folder = join(home, name)
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder)
  return folder
}

/** @param {() => void} work */
function timed(work) {
  const since = performance.now()
  work()
  return performance.now() - since
}

/** @param {string} address @param {string} folder */
function curlAll(address, folder) {
  const urls = FILES.flatMap((name) => ['-o', join(folder, name), `${address}/bench/weights/resolve/main/${name}`])
  execFileSync('curl', ['-sS', '-Z', '--fail', ...urls], { stdio: 'ignore' })
}

const argv = (/** @type {string} */ folder) => ['bin/run.cjs', 'pull', 'bench/weights', '--to', folder]

/** @param {string} folder @param {NodeJS.ProcessEnv} env */
function pullInto(folder, env) {
  execFileSync('node', argv(folder), { env, stdio: 'ignore' })
}

/** @param {string} folder @param {NodeJS.ProcessEnv} env */
async function peakMemory(folder, env) {
  const child = spawn('node', argv(folder), { env, stdio: 'ignore' })
  let peakKB = 0
  const timer = setInterval(() => {
    const status = readStatus(child.pid ?? 0)
    peakKB = Math.max(peakKB, Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0))
  }, 20)
  await new Promise((done) => child.once('close', done))
  clearInterval(timer)
  return peakKB / 1024
}

/** @param {number} pid */
function readStatus(pid) {
  try {
    return readFileSync(`/proc/${String(pid)}/status`, 'utf8')
  } catch {
    return ''
  }
}

/** Kills a pull half-way; the share of what was on disk then that was sent again. @param {string} folder @param {NodeJS.ProcessEnv} env @param {import('node:child_process').ChildProcess} hub */
async function resume(folder, env, hub) {
  const child = spawn('node', argv(folder), { env, stdio: 'ignore' })
  const ended = new Promise((done) => child.once('close', done))
  const half = (FILES.length * FILE_BYTES) / 2
  for (let turn = 0; turn < 2000 && onDisk(folder) < half; turn += 1) await new Promise((done) => setTimeout(done, 5))
  child.kill('SIGKILL')
  await ended
  const kept = onDisk(folder)
  hub.send('sent')
  await answer(hub)
  pullInto(folder, env)
  hub.send('sent')
  const { sentBytes } = await answer(hub)
  return Math.max(0, sentBytes - (FILES.length * FILE_BYTES - kept)) / kept
}

/** @param {string} folder */
function onDisk(folder) {
  const out = execFileSync('find', [folder, '-name', 'weights-*', '-type', 'f'], { encoding: 'utf8' })
  return out
    .split('\n')
    .filter((path) => path !== '' && !path.endsWith('.json'))
    .reduce((sum, path) => sum + sizeOf(path), 0)
}

/** A part may be renamed between the listing and the look. @param {string} path */
const sizeOf = (path) => statSync(path, { throwIfNoEntry: false })?.size ?? 0

/** @param {import('node:child_process').ChildProcess} child @returns {Promise<{port: number, sentBytes: number}>} */
const answer = (child) => new Promise((done) => child.once('message', (message) => done(Object(message))))
