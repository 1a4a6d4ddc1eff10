/** Makes oclif.manifest.json from the built commands; with --check only says whether the committed one is current. */
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'

const FILE = 'oclif.manifest.json'
const before = readFileSync(FILE, 'utf8')
execFileSync('node_modules/.bin/oclif', ['manifest'], { stdio: 'ignore' })
const after = inOrder(readFileSync(FILE, 'utf8'))
const isCheck = process.argv.includes('--check')
writeFileSync(FILE, isCheck ? before : after)
if (isCheck && after !== before) {
  console.error(`${FILE} is stale: npm run docs`)
  process.exitCode = 1
}

/** oclif lists commands in the order in which the disk happened to give them. @param {string} text */
function inOrder(text) {
  const manifest = JSON.parse(text)
  const commands = Object.entries(manifest.commands).sort(([a], [b]) => (a < b ? -1 : 1))
  return `${JSON.stringify({ ...manifest, commands: Object.fromEntries(commands) }, null, 2)}\n`
}
