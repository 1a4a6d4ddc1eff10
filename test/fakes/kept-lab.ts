/** The keeper of a rented lab, run in this process: its endpoint is real, its machine and its clock are a test's. */
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { writeFileSync } from 'node:fs'
import { systemPorts } from '../../src/adapters/ports.js'
import { askKeeper } from '../../src/connect/door.js'
import { keepRemote } from '../../src/flow/keep/remote.js'
import type { KeeperStatus } from '../../src/flow/keeper-status.js'
import { labPaths } from '../../src/state/paths.js'
import type { RentedLab } from '../../src/state/record.js'
import { ensureKey } from '../../src/state/store.js'
import { fakeContext, fakeProcesses, type FakeContext } from './context.js'
import { ask } from './gateway.js'
import { saveRentedLab } from './rented.js'
import { type FakeHost, fakeHost, served } from './served.js'
import { type FakeSsh, fakeSsh } from './ssh.js'

export const SECONDS = Date.UTC(2026, 0, 1) / 1000

export const lease = {
  ...{ t: SECONDS, armed: true, deadline: SECONDS + 14_400, boot_deadline: null, idle_limit: 1800, served: true },
  ...{ idle_since: SECONDS - 720, ends: SECONDS + 1080, ends_by: 'idle', on_end: 'poweroff', interrupt: null },
}

export interface KeptLab {
  readonly context: FakeContext
  readonly host: FakeHost
  readonly ssh: FakeSsh
  readonly port: number
  readonly key: string
  readonly said: string[]
  /** What the engine was asked, with which key. */
  readonly asked: string[]
  /** Resolves when the keeper has left. */
  readonly over: Promise<void>
  status(): Promise<KeeperStatus>
  request(body?: object): Promise<IncomingMessage>
}

let ends: (() => Promise<void>)[] = []

/** Closed by `endKept`. */
export const atEnd = (end: () => Promise<void>): void => void ends.push(end)

/** For each test's end. */
export async function endKept(): Promise<void> {
  await Promise.all(ends.map((end) => end()))
  ends = []
}

async function engineServer(asked: string[], host: FakeHost): Promise<Server> {
  const server = createServer((req, res) => {
    asked.push(`${req.url ?? ''} ${req.headers.authorization ?? ''}`)
    const special = { '/v1/models': '{"data":[{"id":"x"}]}', '/metrics': host.metrics }[req.url ?? '']
    req.resume().on('end', () => res.end(special ?? '{"ok":true}'))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return server
}

/** A keeper of the lab "one", whose machine answers unless `ssh.down` says why not. */
export async function laboratory(
  more: Partial<RentedLab> = {},
  before?: (lab: Pick<KeptLab, 'host' | 'ssh'>) => void,
): Promise<KeptLab> {
  const context = fakeContext({ processes: fakeProcesses([1]) })
  const { clock, paths } = context
  const host = fakeHost(() => Math.floor(clock.now() / 1000))
  host.lease = JSON.stringify(lease)
  const ssh = fakeSsh(() => clock.monotonicMs())
  const connect: FakeSsh['connect'] = (place, signal, connectMs) => {
    if (!ssh.down) ssh.outcomes.push(host.connection())
    return ssh.connect(place, signal, connectMs)
  }
  before?.({ host, ssh })
  const asked: string[] = []
  const server = await engineServer(asked, host)
  host.enginePort = (server.address() as AddressInfo).port
  const port = await systemPorts(process.platform).free()
  await saveRentedLab(paths, { ...served, port, ...more })
  const key = await ensureKey(paths, 'one')
  writeFileSync(labPaths(paths, 'one').userKey, 'PRIVATE KEY')
  const stop = new AbortController()
  const said: string[] = []
  const { over, listening } = keeper({ ...context, connect, said }, stop.signal)
  atEnd(async () => {
    stop.abort()
    await over.catch(() => undefined)
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  await listening
  await clock.advance(0)
  const question = { port, key, method: 'GET' as const, path: '/labos/status', timeoutMs: 5000 }
  return {
    ...{ context, host, ssh, port, key, said, asked, over },
    status: async () => (await askKeeper(question)) as KeeperStatus,
    request: (body = { prompt: 'a' }) =>
      ask(port, {
        path: '/v1/completions',
        headers: { authorization: `Bearer ${key}` },
        body: JSON.stringify(body),
      }),
  }
}

function keeper(
  deps: FakeContext & { readonly connect: FakeSsh['connect']; readonly said: string[] },
  signal: AbortSignal,
): { readonly over: Promise<void>; readonly listening: Promise<void> } {
  let onListening = (): void => undefined
  const listens = new Promise<void>((resolve) => (onListening = resolve))
  const say = (line: string): void => void deps.said.push(line)
  const more = { random: () => 0.5, findAgain: async () => undefined, onListening: () => onListening(), say }
  const over = keepRemote('one', { ...deps, ...more }, signal)
  return { over, listening: Promise.race([listens, over]) }
}

export const serves = ({ host }: Pick<KeptLab, 'host'>): void => {
  host.engine = 200
  host.phase({ phase: 'serve', state: 'running' })
  host.phase({ phase: 'serve', state: 'done', text: 'the engine answers' })
}
