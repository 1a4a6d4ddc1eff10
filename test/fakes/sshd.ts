/** OpenSSH's own server on a loopback port, as whoever runs the tests, with keys of its own. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { makeKeyPair } from '../../src/adapters/ssh/keys.js'
import type { SshKeyPair, SshPlace } from '../../src/ports.js'
import { endNow, eventually, runs } from './cli.js'
import { quietPort } from './quiet-port.js'

export interface Sshd {
  readonly place: SshPlace
  readonly dir: string
  readonly hostKey: SshKeyPair
  readonly userKey: SshKeyPair
  /** The process that listens; the others are its children. */
  readonly pid: number
  /** What it said so far. */
  log(): string
  /** Ends it with all its connections; `start` listens on the same port again. */
  stop(): Promise<void>
  start(): Promise<void>
  /** Ends it, and removes its folder. */
  close(): Promise<void>
}

export const findSshd = (): string | undefined =>
  ['/usr/sbin/sshd', '/usr/local/sbin/sshd', '/usr/libexec/sshd'].find((path) => existsSync(path))

/** `more`: lines added to its configuration. */
export async function startSshd(more: readonly string[] = []): Promise<Sshd> {
  const dir = mkdtempSync(join(tmpdir(), 'labos-sshd-'))
  const [hostKey, userKey] = [makeKeyPair('host'), makeKeyPair('user')]
  const port = await quietPort()
  const write = (name: string, text: string): void => writeFileSync(join(dir, name), text, { mode: 0o600 })
  write('ssh_host_ed25519_key', hostKey.privateKey)
  write('authorized_keys', `${userKey.publicKey}\n`)
  write('sshd_config', [...configuration(dir, port), ...more, ''].join('\n'))
  if (process.getuid?.() === 0) mkdirSync('/run/sshd', { recursive: true, mode: 0o755 })
  const said: string[] = []
  let running: Running | undefined
  const start = async (): Promise<void> => {
    running = await run([findSshd() ?? 'sshd', '-D', '-e', '-f', join(dir, 'sshd_config')], said)
    if (await isOpenSoon(port)) return
    await stop()
    throw new Error(`sshd did not start: ${said.join('')}`)
  }
  const stop = async (): Promise<void> => {
    const ending = running?.child
    running = undefined
    if (ending?.pid === undefined || ending.exitCode !== null) return
    const ended = new Promise((resolve) => ending.once('exit', resolve))
    const pids = childrenOf(ending.pid)
    for (const pid of pids) endNow(pid)
    ending.kill('SIGKILL')
    await ended
    await eventually(() => !pids.some(runs)) // the port is free then
  }
  await start()
  return {
    dir,
    hostKey,
    userKey,
    place: placeAt(port, userKey, hostKey),
    get pid() {
      return running?.pid ?? 0
    },
    log: () => said.join(''),
    stop,
    start,
    close: async () => {
      await stop()
      rmSync(dir, { recursive: true, force: true })
    },
  }
}

interface Running {
  readonly child: ChildProcess
  readonly pid: number
}

/** Ends with this process, even when that is killed: its input ends then. */
async function run(argv: readonly string[], said: string[]): Promise<Running> {
  const script = '"$@" </dev/null & echo $!; read -r _; kill -KILL $!'
  const child = spawn('sh', ['-c', script, 'sh', ...argv], { stdio: 'pipe' })
  child.stderr.setEncoding('utf8').on('data', (piece: string) => void said.push(piece))
  const pid = await new Promise<string>((resolve) => child.stdout.once('data', (line) => resolve(String(line))))
  return { child, pid: Number(pid) }
}

const placeAt = (port: number, userKey: SshKeyPair, hostKey: SshKeyPair): SshPlace => ({
  host: '127.0.0.1',
  port,
  user: userInfo().username,
  identity: { privateKey: userKey.privateKey },
  hostKeys: [hostKey.publicKey],
})

const configuration = (dir: string, port: number): string[] => [
  `Port ${String(port)}`,
  'ListenAddress 127.0.0.1',
  `HostKey ${join(dir, 'ssh_host_ed25519_key')}`,
  `AuthorizedKeysFile ${join(dir, 'authorized_keys')}`,
  'PidFile none',
  'SetEnv SHLVL=1', // bash then does not take the session for the first, and runs nobody's .bashrc, which may take long
  'UsePAM no',
  'StrictModes no',
  'PasswordAuthentication no',
  'KbdInteractiveAuthentication no',
  'MaxStartups 100',
  'LogLevel VERBOSE',
  `SetEnv HOME=${dir}`, // what the shells of whoever runs the tests do at their start can take long
]

async function isOpenSoon(port: number): Promise<boolean> {
  for (let attempt = 0; attempt < 400; attempt += 1) {
    if (await isOpen(port)) return true
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  return false
}

const isOpen = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' })
    const end = (answer: boolean) => (): void => {
      socket.destroy()
      resolve(answer)
    }
    socket.once('connect', end(true)).once('error', end(false))
  })

/** The server, and its connections: each is a process, and each of those has one that has given its rights away. */
function childrenOf(pid: number): number[] {
  const lines = execFileSync('ps', ['-eo', 'pid=,ppid='], { encoding: 'utf8' }).trim().split('\n')
  const pairs = lines.map((line) => line.trim().split(/\s+/).map(Number))
  const below = (parent: number): number[] =>
    pairs.flatMap(([each = 0, above]) => (above === parent ? [each, ...below(each)] : []))
  return below(pid)
}
