/** `labos tunnel` as built, through a real SSH server, to an engine that answers. */
import { spawn, type ChildProcess } from 'node:child_process'
import { appendFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { cli, eventually, runs } from '../fakes/cli.js'
import { quietPort } from '../fakes/quiet-port.js'
import { serving } from '../fakes/served.js'
import { saveSshLab } from '../fakes/ssh-lab.js'
import { useSshd } from '../fakes/use-sshd.js'

const BIN = resolve(import.meta.dirname, '../../bin/run.cjs')
const labos = cli()
const labs = join(labos.home, 'labos', 'labs')
const paths = { labsDir: labs, cacheDir: join(labos.home, 'cache'), configFile: join(labos.home, 'config.yaml') }
const machine = join(labos.home, 'machine')

const sshd = useSshd()
let engine: Server
let enginePort = 0

beforeAll(async () => {
  engine = createServer((req, res) => {
    const body =
      req.url === '/v1/models' ? { object: 'list', data: [{ id: 'deepseek-coder-v2', object: 'model' }] } : {}
    res.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  }).listen(0, '127.0.0.1')
  await new Promise((done) => engine.once('listening', done))
  enginePort = (engine.address() as AddressInfo).port
  mkdirSync(machine)
  writeFileSync(join(machine, 'key'), 'sk-engine\n')
  appendFileSync(join(machine, 'phases.ndjson'), '{"t":1764112345,"boot":1,"phase":"serve","state":"done"}\n')
})
beforeEach(async () => {
  await endKeeper()
  rmSync(labs, { recursive: true, force: true })
  const there = { ...serving, enginePort, home: machine, scope: 'user' as const }
  await saveSshLab(paths, sshd(), { port: await quietPort(), serving: there })
})
afterAll(async () => {
  await endKeeper()
  engine.close()
  rmSync(labs, { recursive: true, force: true })
  await labos.close()
})

/** One that a test left in the background. */
async function endKeeper(): Promise<void> {
  try {
    const { pid } = labos.keeper('one')
    if (!runs(pid)) return
    process.kill(pid, 'SIGTERM')
    await eventually(() => !runs(pid))
  } catch {
    // none was started
  }
}

interface Tunnel {
  readonly child: ChildProcess
  stdout(): string
  stderr(): string
  readonly ended: Promise<number>
}

function open(...args: string[]): Tunnel {
  const child = spawn('node', [BIN, 'tunnel', 'one', ...args], { env: labos.env(), stdio: 'pipe' })
  let [stdout, stderr] = ['', '']
  child.stdout.on('data', (piece: Buffer) => (stdout += piece.toString()))
  child.stderr.on('data', (piece: Buffer) => (stderr += piece.toString()))
  const ended = new Promise<number>((done) => child.once('close', (code) => done(code ?? -1)))
  return { child, stdout: () => stdout, stderr: () => stderr, ended }
}

/** Ends it as Ctrl-C does. */
function interrupt({ child, ended }: Tunnel): Promise<number> {
  child.kill('SIGINT')
  return ended
}

/** The base URL that a tunnel has said is open. */
async function opened({ stdout }: Tunnel): Promise<string> {
  await eventually(() => / is open\n/.test(stdout()))
  return stdout().split(' ')[0] ?? ''
}

const keyOf = (): string => readFileSync(join(labs, 'one', 'key'), 'utf8').trim()
const models = async (baseUrl: string): Promise<number> =>
  (await fetch(`${baseUrl}/models`, { headers: { authorization: `Bearer ${keyOf()}` } })).status

const status = async (): Promise<{ state: string; endpoint?: string; path?: { state: string } }> =>
  JSON.parse((await labos.run(['status', 'one', '--json'])).stdout) as Awaited<ReturnType<typeof status>>

describe('the endpoint in the foreground', () => {
  it('is open until Ctrl-C; the machine and the lab go on', async () => {
    const tunnel = open()
    const baseUrl = await opened(tunnel)
    await eventually(async () => (await models(baseUrl)) === 200)
    expect(await status()).toMatchObject({ state: 'serving', endpoint: baseUrl })
    expect(await interrupt(tunnel)).toBe(0)
    await expect(models(baseUrl)).rejects.toThrow()
    expect(await status()).toMatchObject({ state: 'running' })
  })

  it('says when the connection is lost and back, and goes on at the same place', async () => {
    const tunnel = open()
    const baseUrl = await opened(tunnel)
    await sshd().stop()
    await eventually(() => /connection is lost: .*; trying again/.test(tunnel.stderr()))
    expect(await models(baseUrl)).toBe(503)
    await sshd().start()
    await eventually(() => /connection is back after/.test(tunnel.stderr()))
    await eventually(async () => (await models(baseUrl)) === 200)
    expect(tunnel.stdout().match(/is open/g)).toHaveLength(1)
    expect(await interrupt(tunnel)).toBe(0)
  })

  it('ends at the first loss with --once', async () => {
    const tunnel = open('--once')
    await opened(tunnel)
    await sshd().stop()
    expect(await tunnel.ended).toBe(8)
    expect(tunnel.stderr()).toMatch(/machine\.unreachable {2}The connection to the machine of "one" is lost/)
    await sshd().start()
  })

  it('ends with what started it with --watch-stdin', async () => {
    const tunnel = open('--watch-stdin', '--json')
    await eventually(() => tunnel.stdout().includes('"type":"open"'))
    tunnel.child.stdin?.end()
    expect(await tunnel.ended).toBe(0)
    const lines = tunnel.stdout().trim().split('\n')
    const said = lines.map((line) => JSON.parse(line) as { type: string; endpoint?: string })
    expect(said.find(({ type }) => type === 'open')).toMatchObject({ name: 'one', keptBy: 'this', forwards: [] })
    expect(said.at(-1)).toMatchObject({ type: 'result', result: { name: 'one', keptBy: 'this' } })
  })

  it('is on another port for this time, where everybody finds it', async () => {
    const port = await quietPort()
    const tunnel = open('--port', String(port))
    const baseUrl = await opened(tunnel)
    expect(baseUrl).toBe(`http://127.0.0.1:${String(port)}/v1`)
    expect((await status()).endpoint).toBe(baseUrl)
    const shown = await labos.run(['env', 'one'])
    expect(shown.stdout).toContain(`OPENAI_BASE_URL='${baseUrl}'`)
    expect(shown.stderr).toBe('')
    expect(await interrupt(tunnel)).toBe(0)
    expect((await labos.run(['env', 'one'])).stderr).toBe('nobody answers there now: `labos tunnel one`\n')
  })

  it('refuses a port that is taken, and says by whom', async () => {
    const tunnel = open('--port', String(enginePort))
    expect(await tunnel.ended).toBe(3)
    expect(tunnel.stderr()).toMatch(/port\.taken {2}Port \d+ is in use by/)
  })
})

describe('the endpoint in the background', () => {
  it('is opened again, and followed by who opens it once more', async () => {
    const detached = await labos.run(['tunnel', 'one', '--detach', '--json'])
    expect(detached).toMatchObject({ exitCode: 0 })
    const { pid } = labos.keeper('one')
    const tunnel = open()
    const baseUrl = await opened(tunnel)
    expect(tunnel.stderr()).toMatch(/it is open already, and stays open when this command ends/)
    await eventually(async () => (await models(baseUrl)) === 200)
    expect(await interrupt(tunnel)).toBe(0)
    expect([runs(pid), await models(baseUrl)]).toEqual([true, 200])
    const other = open('--port', String(await quietPort()))
    expect(await other.ended).toBe(2)
    expect(other.stderr()).toMatch(/open already, on port/)
  })

  it('takes the foreground with it when it ends', async () => {
    await labos.run(['tunnel', 'one', '--detach'])
    const tunnel = open()
    await opened(tunnel)
    process.kill(labos.keeper('one').pid, 'SIGKILL')
    expect(await tunnel.ended).toBe(8)
    expect(tunnel.stderr()).toMatch(/endpoint\.unreachable[\s\S]*labos tunnel one/)
  })
})

describe('other ports of the machine', () => {
  it('lead here beside the endpoint', async () => {
    const tunnel = open('-L', `0:${String(enginePort)}`)
    await opened(tunnel)
    const port = /127\.0\.0\.1:(\d+) leads to port/.exec(tunnel.stdout())?.[1] ?? ''
    await eventually(
      async () => (await fetch(`http://127.0.0.1:${port}/v1/models`).catch(() => undefined))?.status === 200,
    )
    expect(await interrupt(tunnel)).toBe(0)
    await expect(fetch(`http://127.0.0.1:${port}/`)).rejects.toThrow()
  })

  it('lead here alone where the lab ends at its machine, and say what is not there', async () => {
    rmSync(labs, { recursive: true, force: true })
    await saveSshLab(paths, sshd())
    const nobody = await quietPort()
    const tunnel = open('-L', `0:${String(enginePort)},0:${String(nobody)}`)
    await eventually(() => (tunnel.stdout().match(/leads to port/g) ?? []).length === 2)
    const [port = '', dead = ''] = [...tunnel.stdout().matchAll(/127\.0\.0\.1:(\d+) leads/g)].map(
      ([, digits = '']) => digits,
    )
    expect((await fetch(`http://127.0.0.1:${port}/v1/models`)).status).toBe(200)
    await expect(fetch(`http://127.0.0.1:${dead}/`)).rejects.toThrow()
    await eventually(() => tunnel.stderr().includes(`-> ${String(nobody)} of the machine: connect ECONNREFUSED`))
    expect(await interrupt(tunnel)).toBe(0)
    const without = open()
    expect(await without.ended).toBe(2)
    expect(without.stderr()).toMatch(/ends at its machine[\s\S]*-L 8080:3000/)
  })
})
