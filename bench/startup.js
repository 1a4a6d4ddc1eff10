import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { cpuSeconds, fixed, median } from './measure.js'

const ROUNDS = 21

/** @type {[string, string[], number][]} */
const cases = [
  ['`labos --version`', ['--version'], 1.6],
  ['`labos --help`', ['--help'], 1.6],
  ['`labos ps`', ['ps'], 1.8],
  ['`labos config`', ['config'], 4.5],
  ['`labos up --help`', ['up', '--help'], 4.5],
]

export async function startupRows() {
  const home = mkdtempSync(join(tmpdir(), 'labos-bench-'))
  const env = { ...process.env, LABOS_HOME: home, NODE_EXTRA_CA_CERTS: undefined }
  try {
    return cases.map(([what, args, target]) => {
      const ratios = []
      for (let round = 0; round < ROUNDS; round += 1) {
        const ours = cpuSeconds(['node', 'bin/run.cjs', ...args], env)
        ratios.push(ours / cpuSeconds(['node', '-e', '0'], env))
      }
      const ratio = median(ratios)
      return { what, target: `${String(target)}x or less`, measured: `${fixed(ratio)}x`, ok: ratio <= target }
    })
  } finally {
    rmSync(home, { recursive: true })
  }
}
