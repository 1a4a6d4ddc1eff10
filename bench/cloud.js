/** The tests' cloud for measuring, in this process, and what programs need to use it. */
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { ENGINE_VERSION, findEngine } from '../build/src/adapters/pulumi/find-engine.js'
import { loadTestCode } from '../scripts/load-test-code.js'

/**
 * @typedef {import('../test/cloud/cloud.js').Cloud} Cloud
 * @typedef {object} Bench
 * @property {Cloud} cloud
 * @property {NodeJS.ProcessEnv} env of the programs that are measured
 * @property {(...args: string[]) => Promise<string>} node runs Node.js with these arguments; resolves to its output
 * @property {(...args: string[]) => Promise<string>} labos runs labos
 */

/**
 * Machines in it are there at once and gone at once.
 * @template T @param {(bench: Bench) => Promise<T>} work @returns {Promise<T>}
 */
export async function withCloud(work) {
  const pulumi = await pulumiCli()
  const home = mkdtempSync(join(tmpdir(), 'labos-bench-'))
  const cloud = await startCloud({ settings: { pendingMs: 0, shuttingDownMs: 0 } })
  const env = {
    PATH: process.env['PATH'],
    HOME: home,
    LABOS_HOME: home,
    LABOS_ALLOW_CIDR: '127.0.0.1/32',
    LABOS_PULUMI: pulumi,
    ...cloud.env,
  }
  /** @param {string[]} args */
  const node = (...args) => output(args, env)
  try {
    return await work({ cloud, env, node, labos: (...args) => node('bin/run.cjs', ...args) })
  } finally {
    await cloud.close()
    rmSync(home, { recursive: true, force: true })
  }
}

/** @param {string[]} args @param {NodeJS.ProcessEnv} env @returns {Promise<string>} */
function output(args, env) {
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'pipe'] })
  let [out, err] = ['', '']
  child.stdout.on('data', (piece) => (out += piece))
  child.stderr.on('data', (piece) => (err += piece))
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => {
      if (code === 0) resolve(out)
      else reject(new Error(`${args.join(' ')} ended with ${String(code)}: ${err}${out}`))
    })
  })
}

/** One that is here, or the one that the tests built. */
async function pulumiCli() {
  const cache = process.env['LABOS_TEST_CACHE'] || join(homedir(), '.cache', 'labos-test')
  const built = join(cache, `pulumi-${ENGINE_VERSION}`, 'pulumi')
  if (!process.env['LABOS_PULUMI'] && existsSync(built)) return built
  const found = await findEngine(process.env, cache)
  if (found) return found.command
  throw new Error("Pulumi's command line tool is not here: `npm test` builds it, or name it in LABOS_PULUMI.")
}

/** @param {import('../test/cloud/cloud.js').CloudWish} wish @returns {Promise<Cloud>} */
async function startCloud(wish) {
  /** @type {typeof import('../test/cloud/cloud.js')} */
  const made = await loadTestCode('cloud/cloud.ts')
  return made.startCloud(wish)
}
