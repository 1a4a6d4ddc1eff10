/**
 * Gives a machine a host key that never left it, in place of the one it was told at its first boot. Each step may be repeated:
 * whoever was interrupted begins again, and finds the key that was made before.
 */
import type { ErrorCode } from '../errors/codes.js'
import { LabosError } from '../errors/labos-error.js'
import type { Clock, ConnectSsh, Machine, RemoteMachine, SshPlace } from '../ports.js'
import { bareKey } from './host-keys.js'

/** Where the host keys are, and how sshd is told to read them again. */
export interface SshdPlace {
  readonly dir: string
  /** As sh reads it. */
  readonly reload: string
  /** Rights are asked for with sudo. */
  readonly asRoot: boolean
}

const SYSTEM_SSHD: SshdPlace = {
  dir: '/etc/ssh',
  reload: 'systemctl reload ssh || systemctl reload sshd',
  asRoot: true,
}

const MAKE = `
set -eu
cd "$1"
[ -s labos_next.pub ] || { rm -f labos_next; ssh-keygen -q -t ed25519 -N '' -C '' -f labos_next </dev/null; }
cat labos_next.pub
`

/** While `labos_next.pub` is there it is not over: the key that it names is the one to be. */
const INSTALL = `
set -eu
cd "$1"
if [ -s labos_next ]; then chmod 600 labos_next; mv -f labos_next ssh_host_ed25519_key; fi
cp labos_next.pub labos_next.copy
chmod 644 labos_next.copy
mv -f labos_next.copy ssh_host_ed25519_key.pub
sync
`

const END = 'rm -f "$1/labos_next.pub"'

/**
 * Resolves to the new key, `ssh-ed25519 AAAA...`, which sshd shows soon (`untilShown`). `announce` is awaited before
 * anything changes: until the new key was seen both are to be accepted. Throws `machine.failed`.
 */
export async function rotateHostKey(
  machine: Pick<Machine, 'run'>,
  announce: (hostKey: string) => Promise<void>,
  signal: AbortSignal,
  sshd: SshdPlace = SYSTEM_SSHD,
): Promise<string> {
  const run = (script: string): Promise<string> => runScript(machine, script, sshd, signal)
  const made = bareKey(await run(MAKE))
  if (made === undefined) throw failed('it made no key')
  await announce(made)
  await run(INSTALL)
  await run(sshd.reload)
  await run(END)
  return made
}

const SHOWN_TRIES = 50
const SHOWN_EVERY_MS = 200
/** While sshd reads its keys again it shows the old one, or listens nowhere. */
const PASSING: readonly ErrorCode[] = ['ssh.hostkey', 'machine.unreachable']

/** Resolves to a connection on which the new key was seen: `place` accepts it alone. Rejects as `connect` does, after some tries. */
export async function untilShown(
  place: SshPlace,
  { connect, clock }: { readonly connect: ConnectSsh; readonly clock: Clock },
  signal: AbortSignal,
): Promise<RemoteMachine> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await connect(place, signal)
    } catch (error) {
      const mayPass = error instanceof LabosError && PASSING.includes(error.code)
      if (!mayPass || tries === SHOWN_TRIES) throw error
    }
    await clock.sleep(SHOWN_EVERY_MS, signal)
  }
}

async function runScript(
  machine: Pick<Machine, 'run'>,
  script: string,
  { dir, asRoot }: SshdPlace,
  signal: AbortSignal,
): Promise<string> {
  const { exitCode, stdout, stderr } = await machine.run(
    { argv: [...(asRoot ? (['sudo', '-n', 'sh'] as const) : (['sh'] as const)), '-c', script, 'sh', dir] },
    signal,
  )
  if (exitCode === 0) return stdout
  throw failed(stderr.trim())
}

const failed = (why: string): LabosError =>
  new LabosError('machine.failed', `The machine could not be given a host key of its own: ${why}.`, {
    suggestions: ['Try again: `labos up`.', 'Look at the machine: `labos ssh`.'],
  })
