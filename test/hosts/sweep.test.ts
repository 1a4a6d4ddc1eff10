/** What is left of hosts whose tests were killed: nothing, at once or at the next run. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { basename, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { sweepDead } from './region.js'
import { run } from './shell.js'
import { hostsUnavailable } from './suite.js'
import { traces } from './traces.js'

const LOADER = pathToFileURL(join(import.meta.dirname, '../../scripts/load-test-code.js')).href
const OWNER = `
const { loadTestCode } = await import('${LOADER}')
const { startRegion } = await loadTestCode('hosts/region.ts')
const region = await startRegion()
await region.boot()
console.log(region.folder)
`
const SLOW = { timeout: 60_000, interval: 200 }

let owner: ChildProcess

beforeEach((context) => {
  const reason = hostsUnavailable()
  if (reason !== undefined) context.skip(reason)
})
afterEach(async () => {
  owner.kill('SIGKILL')
  await sweepDead()
})

/** A process with a guest that boots; resolves to the run's number. */
async function startOwner(): Promise<string> {
  owner = spawn(process.execPath, ['--input-type=module', '-e', OWNER], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [line] = (await once(owner.stdout ?? owner, 'data')) as [Buffer]
  return basename(line.toString().trim())
}

it('removes all of it when the process that has it is killed', async () => {
  const number = await startOwner()
  expect((await traces(number)).length).toBeGreaterThan(8)
  owner.kill('SIGKILL')
  await expect.poll(() => traces(number), SLOW).toEqual([])
})

it('removes all of it at the next run where nobody could before, and leaves those who live alone', async () => {
  const number = await startOwner()
  const before = await traces(number)
  await sweepDead()
  expect(await traces(number)).toEqual(before)
  const watcher = await run(['sh', '-c', `pgrep -f 'sweep.sh watch ${number}'`])
  process.kill(Number(watcher.trim().split('\n')[0]), 'SIGKILL')
  owner.kill('SIGKILL')
  await once(owner, 'exit')
  expect((await traces(number)).length).toBeGreaterThan(8)
  await sweepDead()
  expect(await traces(number)).toEqual([])
})
