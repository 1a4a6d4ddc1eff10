/**
 * `npm run crash-matrix`: every request of `labos up` and `labos down`, with every process killed at it, into
 * docs/crash-matrix.md. Takes most of an hour. With names (kill-up, trouble-up, kill-down, trouble-down) only those parts are
 * run, and the others stay as they are.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from 'esbuild'

const root = join(import.meta.dirname, '..')
// Inside the project, where the bundle finds its libraries, and as deep as the sources.
const dir = mkdtempSync(join(root, 'node_modules/.labos-crash-'))
process.once('exit', () => rmSync(dir, { recursive: true, force: true }))
const outfile = join(dir, 'report.mjs')
await build({
  entryPoints: [join(root, 'test/crash/report.ts')],
  outfile,
  bundle: true,
  packages: 'external',
  platform: 'node',
  format: 'esm',
  logLevel: 'error',
})
const { writeMatrix } = /** @type {typeof import('../test/crash/report.js')} */ (
  await import(pathToFileURL(outfile).href)
)
const broken = await writeMatrix({
  out: join(root, 'docs/crash-matrix.md'),
  env: {
    LABOS_AWS_TIMEOUT: '2',
    LABOS_ALLOW_CIDR: '127.0.0.1/32',
    ...(process.env['LABOS_PULUMI'] ? { LABOS_PULUMI: process.env['LABOS_PULUMI'] } : {}),
  },
  parts: process.argv.slice(2),
  say: (line) => console.log(line),
})
console.log(broken === 0 ? 'every cell held' : `${String(broken)} cells did not hold`)
process.exitCode = broken === 0 ? 0 : 1
