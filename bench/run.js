/** Measures ratios in turn, prints a table, and records it in BENCHMARKS.md with the machine. */
import { writeFileSync } from 'node:fs'
import { cpus, totalmem } from 'node:os'
import { gatewayRows } from './gateway.js'
import { labRows } from './lab.js'
import { planRows } from './plan.js'
import { pullRows } from './pull.js'
import { startupRows } from './startup.js'

/** @typedef {{what: string, target: string, measured: string, ok: boolean}} Row */

/** @type {[string, () => Promise<Row[]>][]} */
const parts = [
  ['Start-up, CPU time (user + system) against `node -e 0`', startupRows],
  ['Gateway against the engine’s own port (an HTTP server in its place)', gatewayRows],
  ['A lab with the real engine', labRows],
  ['Planning a rented machine', planRows],
  ['Downloading weights from a server on this computer', pullRows],
]

const date = new Date().toISOString().slice(0, 10)
const machine = `${String(cpus().length)} cores (${cpus()[0]?.model ?? 'unknown'}), ${(totalmem() / 2 ** 30).toFixed(0)} GiB, ${process.platform}-${process.arch}, Node.js ${process.version}`
let text = `# Benchmarks\n\nMade by \`npm run bench\` on ${date}: ${machine}. Ratios are medians of runs in turn; a shared machine moves them.\n`
for (const [title, measure] of parts) {
  const rows = await measure()
  text += `\n## ${title}\n\n| what | target | measured | met |\n| --- | --- | --- | --- |\n`
  text += rows
    .map(({ what, target, measured, ok }) => `| ${what} | ${target} | ${measured} | ${ok ? 'yes' : '**no**'} |\n`)
    .join('')
  console.log(
    `${title}\n${rows.map(({ what, target, measured, ok }) => `  ${ok ? 'met ' : 'MISS'} ${what}: ${measured} (target ${target})`).join('\n')}`,
  )
}
writeFileSync('BENCHMARKS.md', text)
