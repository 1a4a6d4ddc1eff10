/** Makes oclif.manifest.json from the built commands; with --check only says whether the committed one is current. */
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'

const FILE = 'oclif.manifest.json'
const before = readFileSync(FILE, 'utf8')
execFileSync('node_modules/.bin/oclif', ['manifest'], { stdio: 'ignore' })
const after = readFileSync(FILE, 'utf8')
if (process.argv.includes('--check') && after !== before) {
  writeFileSync(FILE, before)
  console.error(`${FILE} is stale: npm run docs`)
  process.exitCode = 1
}
