/**
 * `npm run cloud`: the tests' cloud on a port, until Ctrl-C. Prints what a shell needs to use it.
 * `npm run cloud -- RunInstances:InsufficientInstanceCapacity:3` refuses the first three such calls.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from 'esbuild'

const PORT = 5055
const faults = process.argv.slice(2).map((text) => {
  const [action, error, times] = text.split(':')
  if (!action || !error || (times !== undefined && !(Number(times) > 0))) {
    console.error(`"${text}" is not ACTION:ERROR or ACTION:ERROR:TIMES, like RunInstances:VcpuLimitExceeded:2`)
    process.exit(2)
  }
  return { action, kind: { error }, ...(times === undefined ? {} : { times: Number(times) }) }
})

// Inside the project, where the bundle finds its libraries.
const dir = mkdtempSync(join(import.meta.dirname, '../node_modules/.labos-cloud-'))
process.once('exit', () => rmSync(dir, { recursive: true, force: true }))
const outfile = join(dir, 'cloud.mjs')
await build({
  entryPoints: [join(import.meta.dirname, '../test/cloud/cloud.ts')],
  outfile,
  bundle: true,
  packages: 'external',
  platform: 'node',
  format: 'esm',
  logLevel: 'error',
})
const { startCloud } = /** @type {typeof import('../test/cloud/cloud.js')} */ (
  await import(pathToFileURL(outfile).href)
)
console.error('starting the cloud (the first time installs moto) ...')
const cloud = await startCloud({ port: PORT, log: console.error }).catch((/** @type {unknown} */ error) => {
  console.error(`The cloud does not start: ${error instanceof Error ? error.message : String(error)}`)
  return process.exit(1)
})
for (const fault of faults) cloud.fault(fault)
console.log(
  Object.entries(cloud.env)
    .map(([name, value]) => `export ${name}=${value}`)
    .join('\n'),
)
console.error('Paste these lines into another shell. Ctrl-C ends the cloud and all that is in it.')

let isEnding = false
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    if (isEnding) return
    isEnding = true
    void cloud.close().then(() => process.exit(0))
  })
}
