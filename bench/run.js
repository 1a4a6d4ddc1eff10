/**
 * Measures ratios in turn, prints a table, and records it in BENCHMARKS.md with the machine. `npm run bench -- rent package`
 * measures these parts and leaves the others as they were.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { cpus, totalmem } from 'node:os'
import { bootstrapRows } from './bootstrap.js'
import { gatewayRows } from './gateway.js'
import { labRows } from './lab.js'
import { packageRows } from './package.js'
import { planRows } from './plan.js'
import { pullRows } from './pull.js'
import { rentRows } from './rent.js'
import { soakRows } from './soak.js'
import { startupRows } from './startup.js'
import { tunnelRows } from './tunnel.js'

/** @typedef {{what: string, target: string, measured: string, ok: boolean}} Row */

/** @type {Record<string, {title: string, measure: () => Promise<Row[]>}>} */
const parts = {
  startup: { title: 'Start-up, CPU time (user + system) against `node -e 0`', measure: startupRows },
  gateway: { title: 'Gateway against the engine’s own port (an HTTP server in its place)', measure: gatewayRows },
  tunnel: { title: 'Gateway over SSH against `ssh -N -L`', measure: tunnelRows },
  soak: { title: 'Gateway over SSH, a long time', measure: soakRows },
  lab: { title: 'A lab with the real engine', measure: labRows },
  plan: { title: 'Planning a rented machine', measure: planRows },
  pull: { title: 'Downloading weights from a server on this computer', measure: pullRows },
  rent: { title: 'Renting a machine of the tests’ cloud', measure: rentRows },
  bootstrap: { title: 'A machine that makes itself ready', measure: bootstrapRows },
  package: { title: 'The package', measure: packageRows },
}

const chosen = process.argv.slice(2)
const unknown = chosen.filter((name) => !Object.hasOwn(parts, name))
if (unknown.length > 0) throw new Error(`no part ${unknown.join(', ')}; there are ${Object.keys(parts).join(', ')}`)

const date = new Date().toISOString().slice(0, 10)
const machine = `${String(cpus().length)} cores (${cpus()[0]?.model ?? 'unknown'}), ${(totalmem() / 2 ** 30).toFixed(0)} GiB, ${process.platform}-${process.arch}, Node.js ${process.version}`
const before = existsSync('BENCHMARKS.md') ? readFileSync('BENCHMARKS.md', 'utf8') : ''

let text = '# Benchmarks\n\nMade by `npm run bench`. Ratios are medians of runs in turn; a shared machine moves them.\n'
for (const [name, { title, measure }] of Object.entries(parts)) {
  const isChosen = chosen.length === 0 || chosen.includes(name)
  text += isChosen ? sectionOf(title, await measure()) : kept(title)
}
writeFileSync('BENCHMARKS.md', text)

/** @param {string} title @param {Row[]} rows */
function sectionOf(title, rows) {
  const lines = rows.map(
    ({ what, target, measured, ok }) => `${ok ? 'met ' : 'MISS'} ${what}: ${measured} (target ${target})`,
  )
  console.log([title, ...lines].join('\n  '))
  const table = rows.map(
    (row) =>
      `| ${row.what} | ${row.target} | ${row.measured} | ${row.target === 'none' ? '' : row.ok ? 'yes' : '**no**'} |\n`,
  )
  return `\n## ${title}\n\n${date}: ${machine}.\n\n| what | target | measured | met |\n| --- | --- | --- | --- |\n${table.join('')}`
}

/** As it was measured last. @param {string} title */
function kept(title) {
  const found = before.split(/^(?=## )/m).find((section) => section.startsWith(`## ${title}\n`))
  return found === undefined ? '' : `\n${found.trimEnd()}\n`
}
