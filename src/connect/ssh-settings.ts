/** What OpenSSH would do for a host: asked of its client where that is there, else what is usual. */
import { join } from 'node:path'
import { parseTarget } from '../plan/host/target.js'
import type { Machine } from '../ports.js'
import { wayTo } from './ssh-way.js'

export interface SettingsDeps {
  /** This computer. */
  readonly machine: Pick<Machine, 'run' | 'which'>
  readonly home: string
  readonly userName: string
}

export interface SshSettings {
  readonly host: string
  readonly port: number
  readonly user: string
  /** Under which name known_hosts has it. */
  readonly alias: string
  readonly keyFiles: readonly string[]
  /** Keys of these files before those of an agent. */
  readonly filesFirst: boolean
  /** The socket of an agent other than the usual one; `none` for no agent. */
  readonly agent?: string
  readonly knownHosts: readonly string[]
  /** As in `SshPlace`. */
  readonly via?: string
}

export const SSH_PORT = 22
const USUAL_KEYS = ['id_ed25519', 'id_ecdsa', 'id_rsa']

/** Throws `usage.value`. */
export async function settingsOf(target: string, deps: SettingsDeps): Promise<SshSettings> {
  const { user, host, port } = parseTarget(target)
  const usual: SshSettings = {
    host,
    port: port ?? SSH_PORT,
    user: user ?? deps.userName,
    alias: host,
    keyFiles: USUAL_KEYS.map((name) => join(deps.home, '.ssh', name)),
    filesFirst: false,
    knownHosts: [join(deps.home, '.ssh', 'known_hosts'), '/etc/ssh/ssh_known_hosts'],
  }
  const ssh = await deps.machine.which('ssh')
  if (ssh === undefined) return usual
  const login = user === undefined ? [] : ['-l', user]
  const at = port === undefined ? [] : ['-p', String(port)]
  const { exitCode, stdout } = await deps.machine.run({ argv: [ssh, '-G', ...login, ...at, '--', host] })
  return exitCode === 0 ? settingsIn(stdout, usual, deps.home) : usual
}

/** What `ssh -G` prints. */
function settingsIn(printed: string, usual: SshSettings, home: string): SshSettings {
  const all = (name: string): string[] =>
    printed.split('\n').flatMap((line) => (line.startsWith(`${name} `) ? [line.slice(name.length + 1).trim()] : []))
  const one = (name: string, otherwise: string): string => all(name)[0] ?? otherwise
  const path = (text: string): string => text.replace(/^"(.*)"$/, '$1').replace(/^~(?=\/)/, home)
  const host = one('hostname', usual.host)
  const port = Number(one('port', String(usual.port)))
  const user = one('user', usual.user)
  const [jumps, command] = ['proxyjump', 'proxycommand'].map((name) => all(name).find((value) => value !== 'none'))
  const via = wayTo({
    host,
    port,
    user,
    target: usual.host,
    ...(jumps === undefined ? {} : { jumps }),
    ...(command === undefined ? {} : { command }),
  })
  const agent = one('identityagent', 'SSH_AUTH_SOCK')
  return {
    host,
    port,
    user,
    alias: one('hostkeyalias', host),
    keyFiles: all('identityfile').map(path),
    filesFirst: one('identitiesonly', 'no') === 'yes',
    ...(agent === 'SSH_AUTH_SOCK' ? {} : { agent: path(agent) }),
    ...(via === undefined ? {} : { via }),
    knownHosts: [...all('userknownhostsfile'), ...all('globalknownhostsfile')]
      .flatMap((line) => line.split(/\s+/))
      .map(path),
  }
}
