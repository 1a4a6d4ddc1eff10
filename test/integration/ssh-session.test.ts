/** A session over paths that break. Time stands still but for what a test moves; the network is real. */
import { createServer, type AddressInfo } from 'node:net'
import { afterEach, expect, it } from 'vitest'
import { makeKeyPair } from '../../src/adapters/ssh/keys.js'
import { connectSsh } from '../../src/adapters/ssh/machine.js'
import { openSession, type Session, type SessionDeps } from '../../src/connect/session.js'
import type { SshPlace } from '../../src/ports.js'
import { fakeClock } from '../fakes/clock.js'
import { eventually } from '../fakes/cli.js'
import { type SshServer, startSshServer } from '../fakes/ssh-server.js'
import { type Wire, wireTo } from '../fakes/wire.js'

const closers: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

async function server(...args: Parameters<typeof startSshServer>): Promise<SshServer> {
  const started = await startSshServer(...args)
  closers.push(() => started.close())
  return started
}

async function wire(port: number): Promise<Wire> {
  const made = await wireTo(port)
  closers.push(() => made.close())
  return made
}

function open(place: SshPlace, more: Partial<SessionDeps> = {}) {
  const clock = fakeClock()
  const asked = { isWaiting: false }
  const session = openSession(place, {
    clock,
    connect: connectSsh,
    random: Math.random,
    isWaiting: () => asked.isWaiting,
    ...more,
  })
  closers.push(() => session.close())
  return { session, clock, asked }
}

const until = (session: Session, state: string): Promise<void> => eventually(() => session.state().state === state)

/** Moves time on until it is so: the network takes its own. */
const moving = (clock: ReturnType<typeof fakeClock>, what: () => boolean): Promise<void> =>
  eventually(async () => {
    await clock.advance(500)
    return what()
  })

async function echo(session: Session, port: number): Promise<string> {
  const stream = session.dial(port)
  stream.end('hello')
  return Buffer.concat((await stream.toArray()) as Buffer[]).toString()
}

async function echoServer(): Promise<number> {
  const listening = createServer((socket) => socket.on('error', () => undefined).pipe(socket))
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve))
  closers.push(() => new Promise((resolve) => listening.close(resolve)))
  return (listening.address() as AddressInfo).port
}

it('comes back after each cut, and after a server that was away', async () => {
  const [ssh, port] = [await server(), await echoServer()]
  const path = await wire(ssh.place.port)
  const { session, clock } = open({ ...ssh.place, port: path.port })
  await until(session, 'connected')
  for (let cuts = 0; cuts < 5; cuts += 1) {
    path.cut()
    await eventually(() => session.state().state !== 'connected')
    await moving(clock, () => session.state().state === 'connected')
    expect(await echo(session, port)).toBe('hello')
  }
  path.cut(true)
  await moving(clock, () => session.state().state === 'away')
  expect(session.state().reason).toMatch(/cut|closed|lost/)
  path.mend()
  await moving(clock, () => session.state().state === 'connected')
  await eventually(() => ssh.connections.size === 1 && path.open === 1)
})

it('leaves a path on which nothing comes any more, when a request waits', async () => {
  const [ssh, port] = [await server(), await echoServer()]
  const path = await wire(ssh.place.port)
  const { session, clock, asked } = open({ ...ssh.place, port: path.port })
  await until(session, 'connected')
  const first = session.machine()
  path.freeze()
  const stream = session.dial(port)
  const lost = new Promise((resolve) => stream.once('error', resolve))
  asked.isWaiting = true
  const sinceMs = clock.monotonicMs()
  await moving(clock, () => session.state().state !== 'connected')
  expect(clock.monotonicMs() - sinceMs).toBeLessThanOrEqual(12_000)
  expect(await lost).toMatchObject({ code: 'machine.unreachable' })
  expect(await first?.closed).toBeUndefined()
  path.thaw()
  await moving(clock, () => session.state().state === 'connected')
  expect(await echo(session, port)).toBe('hello')
})

it('stops at a host key that changed, until it is asked to try again', async () => {
  const ssh = await server()
  const other = await server(makeKeyPair('other'))
  const path = await wire(ssh.place.port)
  const { session, clock } = open({ ...ssh.place, port: path.port })
  await until(session, 'connected')
  path.lead(other.place.port)
  path.cut()
  await moving(clock, () => session.state().state === 'failed')
  expect(session.state()).toMatchObject({ code: 'ssh.hostkey' })
  await clock.advance(600_000)
  expect(other.connections.size).toBe(0)
  path.lead(ssh.place.port)
  session.retry()
  await moving(clock, () => session.state().state === 'connected')
})

it('stops at a login that is refused', async () => {
  const ssh = await server()
  ssh.faults.refuseLogin = true
  const { session } = open(ssh.place)
  await until(session, 'failed')
  expect(session.state()).toMatchObject({ code: 'ssh.auth' })
})

it('finds a machine that has another address', async () => {
  const before = await server()
  const path = await wire(before.place.port)
  const after = await server(before.hostKey)
  const findAgain = (): Promise<SshPlace> => Promise.resolve({ ...before.place, port: after.place.port })
  const { session, clock } = open({ ...before.place, port: path.port }, { findAgain })
  await until(session, 'connected')
  path.cut(true)
  await moving(clock, () => after.connections.size === 1 && session.state().state === 'connected')
})

it('goes on when single channels are refused, or never answered', async () => {
  const [ssh, port] = [await server(), await echoServer()]
  const { session } = open(ssh.place)
  await until(session, 'connected')
  ssh.faults.refuseChannels = true
  const refused = session.dial(port)
  expect(await new Promise((resolve) => refused.once('error', resolve))).toBeInstanceOf(Error)
  Object.assign(ssh.faults, { refuseChannels: false, ignoreChannels: true })
  const ignored = session.dial(port)
  ignored.write('hello')
  await eventually(() => ssh.opened === 2)
  ignored.destroy()
  ssh.faults.ignoreChannels = false
  expect(await echo(session, port)).toBe('hello')
  expect(session.state().state).toBe('connected')
})
