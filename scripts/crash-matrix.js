/**
 * `npm run crash-matrix`: every request of `labos up` and `labos down`, with every process killed at it, into
 * docs/crash-matrix.md. Takes most of an hour. With names (kill-up, trouble-up, kill-down, trouble-down) only those parts are
 * run, and the others stay as they are.
 */
import { join } from 'node:path'
import { loadTestCode } from './load-test-code.js'

/** @type {typeof import('../test/crash/report.js')} */
const { writeMatrix } = await loadTestCode('crash/report.ts')
const broken = await writeMatrix({
  out: join(import.meta.dirname, '../docs/crash-matrix.md'),
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
