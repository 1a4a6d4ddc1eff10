/**
 * The host key that labos made stands in the machine's user data. After the first login the machine makes one of its own, which
 * never leaves it, and only that is accepted from then on.
 */
import type { ErrorCode } from '../errors/codes.js'
import { LabosError } from '../errors/labos-error.js'
import type { Clock, ConnectSsh, RemoteMachine, SshPlace } from '../ports.js'
import { bareKey } from './host-keys.js'

/** Where a machine's sshd has its key. */
export interface HostKeySpot {
  readonly path: string
  /** Makes sshd read it; connections that are open stay. */
  readonly reload: readonly [string, ...string[]]
  /** Put before what needs root. */
  readonly asRoot: readonly string[]
}

export const SYSTEM_SSHD: HostKeySpot = {
  path: '/etc/ssh/ssh_host_ed25519_key',
  reload: ['sh', '-c', 'systemctl reload ssh 2>/dev/null || systemctl reload sshd'],
  asRoot: ['sudo', '-n'],
}

/** The key that is to be: one waiting from an earlier time, or a new one. Not the injected one in use: the one in use itself. */
const STAGE = `
set -eu
of() { ssh-keygen -y -f "$1" </dev/null | cut -d' ' -f1,2; }
used=$(of "$1")
if [ "$used" != "$2" ]; then echo "$used"; exit 0; fi
if ! of "$1.next" >/dev/null 2>&1; then
  rm -f "$1.next"
  dir=$(mktemp -d "$1.XXXXXX")
  trap 'rm -rf "$dir"' EXIT
  ssh-keygen -q -t ed25519 -N '' -C labos -f "$dir/key"
  mv "$dir/key" "$1.next"
fi
of "$1.next"
`

/** Takes it into use. What sshd says to being reloaded does not matter: the next login shows it. */
const USE = `
set -eu
of() { ssh-keygen -y -f "$1" </dev/null | cut -d' ' -f1,2; }
key=$1
if [ "$(of "$key")" != "$2" ]; then
  [ "$(of "$key.next")" = "$2" ]
  mv -f "$key.next" "$key"
fi
if [ "$(cut -d' ' -f1,2 "$key.pub" 2>/dev/null)" != "$2" ]; then
  echo "$2 labos" > "$key.pub.next"
  chmod 644 "$key.pub.next"
  mv -f "$key.pub.next" "$key.pub"
fi
shift 2
"$@" || true
`

const TRIES = 25
const BETWEEN_MS = 200
/** While sshd is reloaded it shows the old key, or nothing. */
const PASSING: readonly ErrorCode[] = ['ssh.hostkey', 'machine.unreachable']

export interface Rotation {
  readonly connect: ConnectSsh
  readonly clock: Clock
  readonly spot: HostKeySpot
  /** Keeps what is accepted from now on; called before anything changes on the machine, and when the new key was seen. */
  save(hostKeys: SshPlace['hostKeys']): Promise<void>
}

/**
 * Replaces the `injected` key by one that the machine makes, and resolves to that and to a connection on which it was seen. May
 * be interrupted anywhere and called again, on a connection that accepts what was saved last; done before, it changes nothing.
 */
export async function rotateHostKey(
  machine: RemoteMachine,
  { place, injected }: { readonly place: SshPlace; readonly injected: string },
  { connect, clock, spot, save }: Rotation,
  signal: AbortSignal,
): Promise<{ readonly hostKey: string; readonly machine: RemoteMachine }> {
  const old = bareKey(injected) ?? injected
  const hostKey = await stage(machine, old, spot, signal)
  await save([old, hostKey])
  await asRoot(machine, [USE, spot.path, hostKey, ...spot.reload], spot, signal)
  for (let tries = 1; ; tries += 1) {
    try {
      const seen = await connect({ ...place, hostKeys: [hostKey] }, signal)
      await save([hostKey])
      return { hostKey, machine: seen }
    } catch (error) {
      const mayPass = error instanceof LabosError && PASSING.includes(error.code)
      if (!mayPass || tries === TRIES) throw error
      await clock.sleep(BETWEEN_MS, signal)
    }
  }
}

async function stage(machine: RemoteMachine, old: string, spot: HostKeySpot, signal: AbortSignal): Promise<string> {
  const said = await asRoot(machine, [STAGE, spot.path, old], spot, signal)
  const hostKey = bareKey(said)
  if (hostKey === undefined) throw failure(`it says ${JSON.stringify(said.slice(0, 200))}`)
  return hostKey
}

async function asRoot(
  machine: RemoteMachine,
  [script, ...args]: readonly [string, ...string[]],
  spot: HostKeySpot,
  signal: AbortSignal,
): Promise<string> {
  const [first = 'sh', ...rest] = [...spot.asRoot, 'sh', '-c', script, 'sh', ...args]
  const { exitCode, stdout, stderr } = await machine.run({ argv: [first, ...rest] }, signal)
  if (exitCode !== 0) throw failure(stderr.trim() === '' ? `exit ${String(exitCode)}` : stderr.trim())
  return stdout.trim()
}

const failure = (why: string): LabosError =>
  new LabosError('machine.failed', `The machine could not be given a host key of its own: ${why}.`, {
    suggestions: ['Run the same command again: it goes on there. Until then both keys are accepted, and no other.'],
  })
