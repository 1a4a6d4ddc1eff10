/** Planning in process, and `labos plan` as a whole process against `node -e 0`. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { shippedTable } from '../build/src/plan/aws/type-table.js'
import { catalog } from '../build/src/plan/catalog.js'
import { regionsOf } from '../build/src/plan/rent/check.js'
import { rentableOf } from '../build/src/plan/rent/candidate.js'
import { planRent } from '../build/src/plan/rent/rent-plan.js'
import { cpuSeconds, fixed, median } from './measure.js'

/** @typedef {import('./run.js').Row} Row */

const ROUNDS = 21

/** @returns {Promise<Row[]>} */
export async function planRows() {
  const home = mkdtempSync(join(tmpdir(), 'labos-bench-'))
  try {
    const ms = median(Array.from({ length: ROUNDS }, inProcess))
    const env = { ...process.env, HOME: home, LABOS_HOME: join(home, 'labos'), NODE_EXTRA_CA_CERTS: '' }
    const ratio = median(
      Array.from({ length: ROUNDS }, () => {
        const bare = cpuSeconds(['node', '-e', '0'], env)
        return cpuSeconds(['node', 'bin/run.cjs', 'plan', 'deepseek-coder-v2'], env) / bare
      }),
    )
    return [
      {
        what: 'planning in process: all types, regions and precisions of a model, the slowest model',
        target: 'below 20 ms',
        measured: `${fixed(ms, 1)} ms`,
        ok: ms < 20,
      },
      {
        what: '`labos plan deepseek-coder-v2`, CPU time against `node -e 0`',
        target: '5x or less',
        measured: `${fixed(ratio)}x`,
        ok: ratio <= 5,
      },
    ]
  } finally {
    rmSync(home, { recursive: true, force: true })
  }
}

/** Milliseconds for the model that takes longest. */
function inProcess() {
  const request = { concurrency: 1, regions: regionsOf(shippedTable), market: 'on-demand', prefer: 'cost' }
  const times = catalog
    .filter(({ checkpoints }) => checkpoints.length > 0)
    .map((model) => {
      const since = performance.now()
      planRent(rentableOf(model), /** @type {any} */ (request), shippedTable)
      return performance.now() - since
    })
  return Math.max(...times)
}
