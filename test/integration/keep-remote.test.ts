/** The keeper of a lab on a machine, over OpenSSH's own server: this computer plays the machine, with files and an engine. */
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { systemProcesses } from '../../src/adapters/processes.js'
import { connectSsh } from '../../src/adapters/ssh/machine.js'
import { systemClock } from '../../src/adapters/system-clock.js'
import { askKeeper } from '../../src/connect/door.js'
import { keepRemote } from '../../src/flow/keep/remote.js'
import type { KeeperStatus } from '../../src/flow/keeper-status.js'
import { labPaths } from '../../src/state/paths.js'
import { ensureKey } from '../../src/state/store.js'
import { ask, textOf } from '../fakes/gateway.js'
import { quietPort } from '../fakes/quiet-port.js'
import { saveRentedLab } from '../fakes/rented.js'
import { served, serving } from '../fakes/served.js'
import { useSshd } from '../fakes/use-sshd.js'

const sshd = useSshd() // skips where there is none
const stop = new AbortController()
const said: string[] = []
let engine: Server
let enginePort: number
let folder: string | undefined
let home: string
let port: number
let key: string
let over: Promise<void> | undefined

const listen = (at: number): Promise<Server> =>
  new Promise((resolve) => {
    const server = createServer((req, res) => void req.resume().on('end', () => answer(req, res)))
    server.listen(at, '127.0.0.1', () => resolve(server))
  })

function answer(req: IncomingMessage, res: { end(text: string): unknown; writeHead(status: number): unknown }): void {
  if (req.url?.startsWith('/v1') && req.headers.authorization !== 'Bearer sk-engine') res.writeHead(401)
  res.end(req.url === '/metrics' ? 'vllm:prompt_tokens_total 3\nvllm:generation_tokens_total 4\n' : '{"fine":true}')
}

const phase = (line: object): void =>
  appendFileSync(join(home, 'phases.ndjson'), `${JSON.stringify({ t: 1, boot: 1, ...line })}\n`)

const status = async (): Promise<KeeperStatus> =>
  (await askKeeper({ port, key, method: 'GET', path: '/labos/status', timeoutMs: 5000 })) as KeeperStatus

const state = async (): Promise<string> => (await status()).engine.state

const complete = (): Promise<IncomingMessage> =>
  ask(port, { path: '/v1/completions', headers: { authorization: `Bearer ${key}` }, body: '{"prompt":"a"}' })

beforeAll(async () => {
  if (process.env['LABOS_TEST_NO_SSHD']) return
  folder = mkdtempSync(join(tmpdir(), 'labos-test-'))
  home = join(folder, 'machine', 'one')
  mkdirSync(home, { recursive: true })
  const now = Math.floor(Date.now() / 1000)
  const times = { t: now, deadline: now + 9000, boot_deadline: now + 600, idle_limit: 1800, idle_since: null }
  const rest = { armed: true, served: false, ends: now + 600, ends_by: 'boot', on_end: 'stop', interrupt: null }
  writeFileSync(join(home, 'lease.json'), JSON.stringify({ ...times, ...rest }))
  writeFileSync(join(home, 'key'), 'sk-engine\n')
  enginePort = await quietPort()
  port = await quietPort()
  const paths = { labsDir: join(folder, 'labs'), cacheDir: join(folder, 'cache'), configFile: '' }
  const { host, user, port: sshPort, hostKeys } = sshd().place
  await saveRentedLab(paths, {
    ...served,
    port,
    expiresAt: new Date((now + 9000) * 1000).toISOString(),
    ssh: { host, user, port: sshPort, hostKeys: [...hostKeys] },
    serving: { ...serving, home, scope: 'user', enginePort },
  })
  key = await ensureKey(paths, 'one')
  writeFileSync(labPaths(paths, 'one').userKey, sshd().userKey.privateKey, { mode: 0o600 })
  const deps = { paths, clock: systemClock, processes: systemProcesses(process.platform), connect: connectSsh }
  const more = {
    self: { pid: process.pid, startTime: '' },
    random: Math.random,
    env: {},
    findAgain: async () => undefined,
  }
  await new Promise<void>((resolve, reject) => {
    const onListening = (): void => resolve()
    const say = (line: string): void => void said.push(line)
    over = keepRemote('one', { ...deps, ...more, onListening, say }, stop.signal)
    over.catch(reject)
  })
})

afterAll(async () => {
  stop.abort()
  await over
  if (!folder) return
  engine.closeAllConnections()
  await new Promise((resolve) => engine.close(resolve))
  rmSync(folder, { recursive: true, force: true })
})

const eventually = <T>(what: () => Promise<T>): ReturnType<typeof expect.poll<T>> =>
  expect.poll(what, { timeout: 20_000, interval: 200 })

it('brings the endpoint of a real SSH server here, and says how far it is', async () => {
  phase({ phase: 'weights', state: 'running', done: 5e9, total: 10e9, rate: 1e8 })
  const text = 'downloading the weights: 5 GB of 10 GB, 100 MB/s, 50 s left'
  await eventually(status).toMatchObject({
    engine: { state: 'starting', detail: text },
    path: { state: 'connected' },
    lease: { armed: true, endsBy: 'boot' },
  })
  expect((await complete()).statusCode).toBe(503)

  engine = await listen(enginePort)
  phase({ phase: 'weights', state: 'done' })
  phase({ phase: 'serve', state: 'running', text: '10 s' })
  await eventually(state).toBe('serving')
  const answered = await complete()
  expect([answered.statusCode, await textOf(answered)]).toEqual([200, '{"fine":true}'])
  await eventually(async () => (await status()).tokens).toEqual({ prompt: 3, generated: 4 })
})

it('finds its way back when the SSH server was away, and no phase is lost', async () => {
  await sshd().stop()
  await eventually(status).toMatchObject({ engine: { state: 'unreachable' }, path: { state: 'away' } })
  phase({ phase: 'serve', state: 'done', text: 'the engine answers' })
  await sshd().start()
  await eventually(async () => (await complete()).statusCode).toBe(200)
  await eventually(async () => (await status()).phases?.map(({ name, state: how }) => `${name} ${how}`)).toEqual([
    'weights done',
    'serve done',
  ])
})

it('sees an engine die, and serve again', async () => {
  engine.closeAllConnections()
  await new Promise((resolve) => engine.close(resolve))
  const died = { restarts: 1, lastExit: { why: 'it did not listen any more' } }
  await eventually(status).toMatchObject({ engine: { state: 'restarting', ...died } })
  engine = await listen(enginePort)
  await eventually(status).toMatchObject({ engine: { state: 'serving', ...died } })
  expect(said.filter((line) => line.startsWith('engine ')).map((line) => line.split(':')[0])).toEqual(
    expect.arrayContaining(['engine serving', 'engine unreachable', 'engine restarting']),
  )
})
