/** A machine over SSH, against OpenSSH's own server. */
import { execFileSync, spawn } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { afterEach, describe, expect, it } from 'vitest'
import { makeKeyPair } from '../../src/adapters/ssh/keys.js'
import { connectSsh } from '../../src/adapters/ssh/machine.js'
import { fingerprint } from '../../src/connect/host-keys.js'
import { putAsRoot } from '../../src/connect/put-command.js'
import type { RemoteMachine, SshPlace } from '../../src/ports.js'
import { eventually } from '../fakes/cli.js'
import { tempDir } from '../fakes/temp-dir.js'
import { useSshd } from '../fakes/use-sshd.js'

/** New keys for the connection after each megabyte: nothing may get lost over that. */
const sshd = useSshd(['RekeyLimit 1M'])
const soon = (): AbortSignal => AbortSignal.timeout(20_000)
const login = async (more: Partial<SshPlace> = {}): Promise<RemoteMachine> => {
  const machine = await connectSsh({ ...sshd().place, ...more }, soon())
  closers.push(() => machine.close())
  return machine
}
const closers: (() => void)[] = []
afterEach(() => {
  for (const close of closers.splice(0)) close()
})

describe('a command', () => {
  it('has its words, environment, folder and input, and says how it ended', async () => {
    const machine = await login()
    const lines: string[] = []
    const argv = [
      'sh',
      '-c',
      'printf "%s\\n" "$1" "$WORD"; cat; pwd; echo bad >&2; exit 3',
      'sh',
      "it's $HOME \\",
    ] as const
    const result = await machine.run({
      argv,
      env: { WORD: 'a "b"' },
      cwd: '/usr',
      stdin: 'typed\n',
      onLine: (line) => lines.push(line),
    })
    expect(result).toEqual({ exitCode: 3, stdout: 'it\'s $HOME \\\na "b"\ntyped\n/usr\n', stderr: 'bad\n' })
    expect(lines.sort()).toEqual(["it's $HOME \\", 'a "b"', 'typed', '/usr', 'bad'].sort())
    expect((await machine.run({ argv: ['sh', '-c', 'kill -KILL $$'] })).exitCode).toBe(137)
    expect((await machine.run({ argv: ['no-such-program'] })).exitCode).toBe(127)
    expect((await machine.run({ argv: ['cat'] })).stdout).toBe('') // nothing to read is an end, not a wait
  })

  it('is ended with what it started when the signal aborts', async () => {
    const machine = await login()
    const mark = join(tempDir(), 'pids')
    const abort = new AbortController()
    const argv = ['sh', '-c', `sleep 300 & echo $! > ${mark}; echo $$ >> ${mark}; wait`] as const
    const run = machine.run({ argv, stdin: 'x' }, abort.signal)
    await eventually(() => existsSync(mark) && readFileSync(mark, 'utf8').split('\n').length === 3)
    abort.abort(new Error('enough'))
    await expect(run).rejects.toThrow('enough')
    const pids = readFileSync(mark, 'utf8').trim().split('\n').map(Number)
    await eventually(() => pids.every((pid) => !existsSync(`/proc/${String(pid)}`)))
  })

  it('that does not obey is killed, and nobody waits for it', async () => {
    const machine = await login()
    const mark = join(tempDir(), 'pid')
    const abort = new AbortController()
    const argv = ['sh', '-c', `trap '' TERM; echo $$ > ${mark}; while :; do sleep 1; done`] as const
    const run = machine.run({ argv }, abort.signal)
    await eventually(() => existsSync(mark) && readFileSync(mark, 'utf8') !== '')
    abort.abort(new Error('enough'))
    await expect(run).rejects.toThrow('enough')
    await eventually(() => !existsSync(`/proc/${readFileSync(mark, 'utf8').trim()}`))
  })

  it('is found on the PATH there, or not', async () => {
    const machine = await login()
    expect(await machine.which('sh')).toMatch(/^\/.*\/sh$/)
    expect(await machine.which('no-such-program')).toBeUndefined()
    expect(await machine.which('cd')).toBeUndefined()
  })
})

describe('a file', () => {
  it('is written whole, with its mode and its folder, over what was there', async () => {
    const machine = await login()
    const path = join(tempDir(), "a folder/it's")
    const bytes = Buffer.from(Array.from({ length: 3_000_000 }, (_, index) => (index * 7919) % 256))
    await machine.put(path, bytes, 0o600)
    expect(readFileSync(path).equals(bytes)).toBe(true)
    await machine.put(path, 'ü', 0o644)
    expect(readFileSync(path, 'utf8')).toBe('ü')
    expect(statSync(path).mode & 0o777).toBe(0o644)
    expect(readdirSync(join(path, '..'))).toEqual(["it's"])
  })

  it('is not written where it cannot be, and not in part', async () => {
    const machine = await login()
    const dir = tempDir()
    await expect(machine.put('/proc/none/file', 'x', 0o600)).rejects.toMatchObject({ code: 'machine.failed' })
    const { argv } = putAsRoot(join(dir, 'file'), 'whole', 0o600)
    const part = await machine.run({ argv: ['sh', ...argv.slice(3)], stdin: 'who' })
    expect(part.exitCode).not.toBe(0)
    expect(readdirSync(dir)).toEqual([])
  })
})

/** A server on loopback whose connections the test answers. */
async function listen(
  answer: (socket: Socket) => void,
): Promise<{ port: number; sockets: Set<Socket>; server: Server }> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket)).on('error', () => undefined)
    answer(socket)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closers.push(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return { port: (server.address() as AddressInfo).port, sockets, server }
}

/** Closed connections are noticed where somebody reads. */
const allGone = (sockets: ReadonlySet<Socket>): Promise<void> =>
  eventually(() => {
    for (const socket of sockets) socket.resume()
    return sockets.size === 0
  })

const errorOf = (stream: Duplex): Promise<unknown> => new Promise((resolve) => stream.once('error', resolve))

describe('a connection to a port', () => {
  it('carries large things both ways at once, whoever is slow', async () => {
    const machine = await login()
    const { port } = await listen((socket) => socket.pipe(socket))
    const stream = machine.dial(port)
    const bytes = Buffer.from(Array.from({ length: 8_000_000 }, (_, index) => (index * 31) % 251))
    stream.end(bytes)
    await new Promise((resolve) => setTimeout(resolve, 200)) // nobody reads yet
    expect((await buffer(stream)).equals(bytes)).toBe(true)
  })

  it('gives what came before the other side left, also to who reads late', async () => {
    const machine = await login()
    const { port } = await listen((socket) => socket.end(Buffer.alloc(3_000_000, 'x')))
    const stream = machine.dial(port)
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect((await buffer(stream)).length).toBe(3_000_000)
  })

  it('fails as a socket does where nobody listens', async () => {
    const machine = await login()
    const { port, server } = await listen(() => undefined)
    await new Promise((resolve) => server.close(resolve))
    expect(await errorOf(machine.dial(port))).toMatchObject({ code: 'ECONNREFUSED' })
    expect(await machine.run({ argv: ['echo', 'fine'] })).toMatchObject({ stdout: 'fine\n' })
  })

  it('is closed there when it is destroyed here, in whatever state', async () => {
    const machine = await login()
    const { port, sockets } = await listen((socket) => socket.write(Buffer.alloc(5_000_000)))
    const streams = Array.from({ length: 20 }, () => machine.dial(port))
    for (const stream of streams.slice(0, 5)) stream.destroy() // before it is open
    await eventually(() => sockets.size === 15)
    for (const stream of streams.slice(5, 10)) stream.destroy() // with much that was not read
    for (const stream of streams.slice(10)) stream.write(Buffer.alloc(5_000_000)) // with much that was not taken
    for (const stream of streams.slice(10)) stream.destroy()
    await allGone(sockets)
  })
})

describe('the end of a connection', () => {
  it('is heard by everything at once: streams that nobody reads, commands, pings', async () => {
    const machine = await login()
    const { port } = await listen((socket) => socket.write(Buffer.alloc(5_000_000)))
    const [read, unread] = [machine.dial(port), machine.dial(port)]
    read.resume()
    const run = machine.run({ argv: ['sleep', '300'] })
    await machine.ping()
    await new Promise((resolve) => setTimeout(resolve, 200))
    const ends = Promise.all([errorOf(read), errorOf(unread), run.catch((error: unknown) => error), machine.closed])
    await sshd().stop()
    for (const end of await ends) expect(end).toMatchObject({ code: 'machine.unreachable' })
    const later = [machine.run({ argv: ['true'] }), machine.ping(), machine.put('/tmp/x', 'x', 0o600)]
    for (const result of await Promise.allSettled(later))
      expect(result).toMatchObject({ reason: { code: 'machine.unreachable' } })
    expect(await errorOf(machine.dial(port))).toMatchObject({ code: 'machine.unreachable' })
    await sshd().start()
  })

  it('is no error to who closed it', async () => {
    const machine = await login()
    const { port, sockets } = await listen(() => undefined)
    const stream = machine.dial(port)
    await eventually(() => sockets.size === 1)
    machine.close()
    expect(await errorOf(stream)).toMatchObject({ code: 'machine.unreachable' })
    expect(await machine.closed).toBeUndefined()
    await allGone(sockets)
  })
})

describe('a login', () => {
  const other = makeKeyPair('other')
  it.each<[string, () => Partial<SshPlace>, string, RegExp]>([
    [
      'shown another host key',
      () => ({ hostKeys: [other.publicKey] }),
      'ssh.hostkey',
      new RegExp(`SHA256:.*accepted is ${fingerprint(other.publicKey).replace(/[+/]/g, '.')}`),
    ],
    [
      'shown a host key of another kind',
      () => ({ hostKeys: [`ecdsa-sha2-nistp256 ${other.publicKey.split(' ')[1] ?? ''}`] }),
      'ssh.hostkey',
      /no host key of the kind ecdsa/,
    ],
    ['with a key that is not accepted', () => ({ identity: other }), 'ssh.auth', /does not let .* in/],
    ['with a key that is none', () => ({ identity: { privateKey: 'nonsense' } }), 'ssh.key', /parse/],
    ['without its agent', () => ({ identity: { agent: '/no/such/socket' } }), 'ssh.key', /agent/],
    ['where nobody listens', () => ({ port: 1 }), 'machine.unreachable', /refuses the connection/],
    ['at a name that is none', () => ({ host: 'no-such-host.invalid' }), 'machine.unreachable', /name/],
  ])('%s says so', async (_, more, code, message) => {
    await expect(login(more())).rejects.toMatchObject({ code, message: expect.stringMatching(message) as unknown })
  })

  it('where nothing is said ends in time, and at once when it is no longer wanted', async () => {
    const { port, sockets } = await listen(() => undefined)
    const abort = new AbortController()
    const started = connectSsh({ ...sshd().place, port }, abort.signal)
    await eventually(() => sockets.size === 1)
    abort.abort(new Error('enough'))
    await expect(started).rejects.toThrow('enough')
    await allGone(sockets)
  })

  it('accepts each of several host keys, of any kind', async () => {
    const { hostKeys } = sshd().place
    const rsa = makeRsaKey()
    const machine = await login({ hostKeys: [other.publicKey, rsa, ...hostKeys] })
    expect(await machine.run({ argv: ['echo', 'in'] })).toMatchObject({ stdout: 'in\n' })
  })

  it('takes its key from an agent', async () => {
    const dir = tempDir()
    const [socket, key] = [join(dir, 'agent'), join(dir, 'key')]
    writeFileSync(key, sshd().userKey.privateKey, { mode: 0o600 })
    const agent = spawn('ssh-agent', ['-D', '-a', socket], { stdio: 'ignore' })
    closers.push(() => agent.kill())
    await eventually(() => existsSync(socket))
    execFileSync('ssh-add', ['-q', key], { env: { ...process.env, SSH_AUTH_SOCK: socket }, stdio: 'ignore' })
    const machine = await login({ identity: { agent: socket } })
    expect(await machine.run({ argv: ['echo', 'in'] })).toMatchObject({ stdout: 'in\n' })
  })
})

const makeRsaKey = (): string => {
  const path = join(tempDir(), 'rsa')
  execFileSync('ssh-keygen', ['-q', '-t', 'rsa', '-b', '2048', '-N', '', '-f', path])
  return readFileSync(`${path}.pub`, 'utf8')
}

it('key pairs are what OpenSSH reads', () => {
  const { privateKey, publicKey } = makeKeyPair('labos-test')
  const path = join(tempDir(), 'key')
  writeFileSync(path, privateKey, { mode: 0o600 })
  expect(execFileSync('ssh-keygen', ['-y', '-f', path], { encoding: 'utf8' }).trim()).toBe(publicKey)
  expect(execFileSync('ssh-keygen', ['-lf', path], { encoding: 'utf8' })).toContain(fingerprint(publicKey))
})
