/** `npm run cloud` as a process: what it prints, and that nothing of it stays, however it ends. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeAll, describe, expect, it, type TestContext } from 'vitest'
import { startCloud } from '../cloud/cloud.js'

const SCRIPT = resolve(import.meta.dirname, '../../scripts/cloud.js')
const children: ChildProcess[] = []

/** What has to be installed is installed before: these tests are of the start. */
beforeAll(async () => {
  const cloud = await startCloud()
  await cloud.close()
})

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
})

function npmRunCloud(args: readonly string[] = [], env: NodeJS.ProcessEnv = process.env) {
  const child = spawn(process.execPath, [SCRIPT, ...args], { stdio: ['ignore', 'pipe', 'pipe'], env })
  children.push(child)
  const ended = once(child, 'exit') as Promise<[number | null, string | null]>
  return { child, ended }
}

/** Those that `pid` has started and that run, from /proc. */
function childrenOf(pid: number): number[] {
  return readFileSync(`/proc/${String(pid)}/task/${String(pid)}/children`, 'utf8')
    .split(' ')
    .flatMap((word) => (word === '' ? [] : [Number(word)]))
}

/** Empty for a process that is gone. */
function readOf(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${String(pid)}/${file}`, 'utf8')
  } catch {
    return ''
  }
}

const isRunning = (pid: number): boolean => /^State:\s+[^Z]/m.test(readOf(pid, 'status'))

function needsProc(context: TestContext): void {
  if (process.platform !== 'linux') context.skip('this machine has no /proc')
}

/** The Python below it, once it is there; esbuild is a child too, for a moment. */
async function motoOf(pid: number): Promise<number> {
  for (;;) {
    const found = childrenOf(pid).find((child) =>
      readFileSync(`/proc/${String(child)}/cmdline`, 'utf8').includes('moto'),
    )
    if (found !== undefined) return found
    await sleep(5)
  }
}

describe('npm run cloud', () => {
  it('prints the lines for a shell, and ends with its moto on SIGTERM', async (context) => {
    needsProc(context)
    const { child, ended } = npmRunCloud(['--port', '0'])
    const lines: string[] = []
    for await (const line of createInterface(child.stdout)) {
      lines.push(line)
      if (lines.length === 5) break
    }
    expect(lines[0]).toMatch(/^export AWS_ENDPOINT_URL=http:\/\/127\.0\.0\.1:\d+$/)
    const moto = await motoOf(child.pid ?? 0)
    child.kill('SIGTERM')
    expect(await ended).toEqual([0, null])
    expect(isRunning(moto)).toBe(false)
  })

  it('ends with its moto while it is still starting', async (context) => {
    needsProc(context)
    const { child, ended } = npmRunCloud(['--port', '0'])
    const moto = await motoOf(child.pid ?? 0)
    child.kill('SIGTERM')
    expect(await ended).toEqual([143, null])
    expect(isRunning(moto)).toBe(false)
    const stdout = child.stdout.read() as Buffer | null
    expect(stdout).toBeNull()
  })

  it('leaves no moto when it is killed', async (context) => {
    needsProc(context)
    const { child, ended } = npmRunCloud(['--port', '0'])
    await once(child.stdout, 'data')
    const moto = await motoOf(child.pid ?? 0)
    child.kill('SIGKILL')
    expect(await ended).toEqual([null, 'SIGKILL'])
    await expect.poll(() => isRunning(moto), { interval: 5 }).toBe(false)
  })

  it('leaves nothing of itself in node_modules', () => {
    const modules = readdirSync(resolve(import.meta.dirname, '../../node_modules'))
    expect(modules.filter((name) => name.startsWith('.labos-cloud-'))).toEqual([])
  })

  it('says what it can do, and what it does not understand', async () => {
    const help = npmRunCloud(['--help'])
    const said = await text(help.child.stdout)
    expect(await help.ended).toEqual([0, null])
    expect(said).toContain('ACTION:ERROR:TIMES')
    expect(Math.max(...said.split('\n').map(({ length }) => length))).toBeLessThanOrEqual(100)
    for (const [wrong, why] of [
      ['--helm', '--helm'],
      ['--port=high', '"high" is no port'],
      ['RunInstances', '"RunInstances" is not ACTION:ERROR'],
    ] as const) {
      const { child, ended } = npmRunCloud([wrong])
      expect(await text(child.stderr)).toContain(why)
      expect(await ended).toEqual([2, null])
    }
  })

  it('says that its port is taken, and leaves no moto', async (context) => {
    needsProc(context)
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const { child, ended } = npmRunCloud(['--port', String(port)])
    const moto = await motoOf(child.pid ?? 0)
    expect(await text(child.stderr)).toContain(`port ${String(port)} is taken`)
    expect(await ended).toEqual([1, null])
    expect(isRunning(moto)).toBe(false)
    server.close()
  })

  it('says that Python is missing', async () => {
    const empty = mkdtempSync(join(tmpdir(), 'labos-empty-'))
    const { child, ended } = npmRunCloud(['--port', '0'], {
      ...process.env,
      PATH: empty,
      LABOS_TEST_CACHE: join(empty, 'cache'),
    })
    expect(await text(child.stderr)).toContain('needs Python 3 with venv, and there is no `python3` on PATH')
    expect(await ended).toEqual([1, null])
    rmSync(empty, { recursive: true })
  })
})
