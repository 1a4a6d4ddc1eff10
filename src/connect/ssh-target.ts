/** A host of the user's: where `user@box` is, as OpenSSH's own configuration says it where that is there. */
import { readFile } from 'node:fs/promises'
import type { ErrorCode } from '../errors/codes.js'
import { LabosError } from '../errors/labos-error.js'
import { opensshLine } from '../plan/host/target.js'
import type { ConnectSsh, RemoteMachine, SshPlace } from '../ports.js'
import { bareKey, kindOf } from './host-keys.js'
import { readKeyFile } from './key-file.js'
import { knownKeys } from './known-hosts.js'
import { settingsOf, SSH_PORT, type SettingsDeps, type SshSettings } from './ssh-settings.js'

export interface SshWish {
  /** `[user@]host[:port]`; the host may be a name of ~/.ssh/config. */
  readonly target: string
  /** A private key file (`--identity`): no other key is tried. */
  readonly identity?: string
  /** A host key (`--host-key`): known_hosts is not asked then. */
  readonly hostKey?: string
}

export interface TargetDeps extends SettingsDeps {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly platform: string
}

/** `file`: where the key was read from. */
export type TargetIdentity = { readonly agent: string } | { readonly privateKey: string; readonly file: string }

/** A place with the ways to log in that may work, the likeliest first. */
export interface SshTarget {
  readonly place: Omit<SshPlace, 'identity'>
  readonly identities: readonly TargetIdentity[]
}

const WINDOWS_AGENT = String.raw`\\.\pipe\openssh-ssh-agent`

/** Throws `usage.value`, `usage.file` (the key file), and `ssh.hostkey` where the host's key was never accepted. */
export async function resolveTarget(wish: SshWish, deps: TargetDeps): Promise<SshTarget> {
  const settings = await settingsOf(wish.target, deps)
  const hostKeys = wish.hostKey === undefined ? await acceptedKeys(settings) : [parseHostKey(wish.hostKey)]
  const [first, ...others] = hostKeys
  if (first === undefined) throw unknownHost(wish.target, settings)
  const { host, port, user, via } = settings
  return {
    place: { host, port, user, hostKeys: [first, ...others], ...(via === undefined ? {} : { via }) },
    identities: await identitiesOf(wish, settings, deps),
  }
}

/** Another key may be taken, or usable. */
const OF_IDENTITY: readonly ErrorCode[] = ['ssh.auth', 'ssh.key']

/**
 * Logs in with the first identity that the host takes. Rejects as `ConnectSsh` does, with the host's first refusal, else with
 * why the first key could not be used.
 */
export async function loginAt(
  { place, identities }: SshTarget,
  connect: ConnectSsh,
  signal: AbortSignal,
): Promise<{ readonly machine: RemoteMachine; readonly place: SshPlace & { readonly identity: TargetIdentity } }> {
  let refusal: LabosError | undefined
  for (const identity of identities) {
    try {
      return { machine: await connect({ ...place, identity }, signal), place: { ...place, identity } }
    } catch (error) {
      if (!(error instanceof LabosError && OF_IDENTITY.includes(error.code))) throw error
      // What the host said tells more than that a way could not be gone.
      if (!refusal || (refusal.code === 'ssh.key' && error.code === 'ssh.auth')) refusal = error
    }
  }
  throw (
    refusal ??
    new LabosError('ssh.key', `There is no key to log in to ${place.host} with.`, {
      suggestions: ['Name a private key file: `--identity ~/.ssh/id_ed25519`.', 'Or start an agent: `ssh-add`.'],
    })
  )
}

function parseHostKey(text: string): string {
  const key = bareKey(text)
  if (key !== undefined) return key
  throw new LabosError('usage.value', `"${text}" is not a host key.`, {
    suggestions: [
      "It looks like `--host-key 'ssh-ed25519 AAAA...'`: the host has it in /etc/ssh/ssh_host_ed25519_key.pub.",
    ],
  })
}

/** Under its port first, then, as OpenSSH does, under its name alone. ed25519 before others. */
async function acceptedKeys({ host, alias, port, knownHosts }: SshSettings): Promise<string[]> {
  const texts = await Promise.all(knownHosts.map((path) => readFile(path, 'utf8').catch(() => '')))
  const text = texts.join('\n')
  const exact = alias === host ? knownKeys(text, { host, port }) : []
  const found = exact.length > 0 ? exact : knownKeys(text, { host: alias, port: SSH_PORT })
  const rank = (key: string): number => (kindOf(key) === 'ssh-ed25519' ? 0 : 1)
  return found.sort((one, other) => rank(one) - rank(other))
}

/** The agent first, as OpenSSH does, unless certain keys are asked for; then the key files that can be read as they are. */
async function identitiesOf(
  { identity }: SshWish,
  { keyFiles, agent: configured, filesFirst }: SshSettings,
  { env, platform }: TargetDeps,
): Promise<TargetIdentity[]> {
  if (identity !== undefined) return [{ privateKey: await readKeyFile(identity), file: identity }]
  const agent = configured ?? env['SSH_AUTH_SOCK'] ?? (platform === 'win32' ? WINDOWS_AGENT : '')
  const read = await Promise.all(
    keyFiles.map((file) =>
      readKeyFile(file).then(
        (privateKey) => [{ privateKey, file }],
        () => [],
      ),
    ),
  )
  const keys = read.flat()
  const agents = agent === '' || agent === 'none' ? [] : [{ agent }]
  return filesFirst ? [...keys, ...agents] : [...agents, ...keys]
}

function unknownHost(target: string, { host, port, via }: SshSettings): LabosError {
  const at = port === SSH_PORT ? host : `-p ${String(port)} ${host}`
  return new LabosError('ssh.hostkey', `The host key of ${target} is not known: no login was tried.`, {
    suggestions: [
      `Log in once by hand and compare its fingerprint with what the host itself says: \`${opensshLine(target)}\`.`,
      ...(via === undefined ? [`See what it shows: \`ssh-keyscan -t ed25519 ${at} | ssh-keygen -lf -\`.`] : []),
      "Or pass the key: `--host-key 'ssh-ed25519 AAAA...'`.",
    ],
  })
}
