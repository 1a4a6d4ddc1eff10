/**
 * `npm test`: what is slow to make is made first, once; then the suites run side by side, because most of them wait for other
 * programs. Ends with one line that counts them all. With arguments it is vitest's own: `npm test -- test/unit/state`.
 */
import { spawn, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { loadTestCode } from './load-test-code.js'

const VITEST = join('node_modules', 'vitest', 'vitest.mjs')
/** In each lane one project after the other. */
const LANES = [['unit', 'golden', 'integration', 'vllm'], ['aws'], ['hosts', 'laboratory']]
const COUNTS = /^(\d+) passed, (\d+) failed, (\d+) skipped$/

const args = process.argv.slice(2)
process.exitCode =
  args.length > 0
    ? (spawnSync(process.execPath, [VITEST, 'run', ...args], { stdio: 'inherit' }).status ?? 1)
    : await all()

async function all() {
  const { prepareAll } = await loadTestCode('setup/prepare-all.ts')
  await prepareAll()
  const results = await Promise.all(LANES.map(lane))
  const [passed, failed, skipped] = [0, 1, 2].map((index) =>
    results.reduce((sum, { counts }) => sum + (counts[index] ?? 0), 0),
  )
  console.log(`${String(passed)} passed, ${String(failed)} failed, ${String(skipped)} skipped`)
  return results.every(({ exitCode }) => exitCode === 0) && failed === 0 ? 0 : 1
}

/**
 * @param {string[]} projects
 * @returns {Promise<{counts: number[], exitCode: number}>}
 */
async function lane(projects) {
  const child = spawn(process.execPath, [VITEST, 'run', ...projects.flatMap((name) => ['--project', name])], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exit = new Promise((resolve) => child.once('close', (code) => resolve(code ?? 1)))
  /** @type {number[]} */
  let counts = []
  /** A file's line and what belongs to it, said in one piece: others speak meanwhile. @type {string[]} */
  let story = []
  const tell = () => {
    if (story.length > 0) console.log(story.join('\n'))
    story = []
  }
  for await (const line of createInterface({ input: child.stdout })) {
    const found = COUNTS.exec(line)
    if (found) {
      counts = found.slice(1).map(Number)
      continue
    }
    if (/^(?:ok {2}|FAIL) /.test(line)) tell()
    story.push(line)
  }
  tell()
  const exitCode = /** @type {number} */ (await exit)
  if (counts.length > 0) return { counts, exitCode }
  console.log(`the suites ${projects.join(', ')} ended without a result (exit ${String(exitCode)})`)
  return { counts: [0, 1, 0], exitCode }
}
