/** The first login on a host of the user's own, and what it is. */
import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { loginAt, resolveTarget } from '../../connect/ssh-target.js'
import type { ErrorCode } from '../../errors/codes.js'
import { LabosError } from '../../errors/labos-error.js'
import type { HostFacts } from '../../plan/host/host-facts.js'
import { opensshLine } from '../../plan/host/target.js'
import type { RemoteMachine } from '../../ports.js'
import { readHostFacts } from '../../provision/ssh/host-facts.js'
import type { HostLab } from '../../state/host-record.js'
import type { Context } from '../context.js'
import type { HostUpRequest } from './request.js'

export interface ReachedHost {
  readonly machine: RemoteMachine
  readonly ssh: HostLab['ssh']
}

/** Throws `usage.value`, `usage.file`, `ssh.hostkey`, `ssh.auth`, `ssh.key`, `machine.unreachable`. Close the machine. */
export async function reachHost(
  { target, identity, hostKey }: Pick<HostUpRequest, 'target' | 'identity' | 'hostKey'>,
  context: Context,
  signal: AbortSignal,
): Promise<ReachedHost> {
  const { env, machine: computer, user } = context
  const wish = {
    target,
    ...(identity === undefined ? {} : { identity: resolve(identity) }),
    ...(hostKey === undefined ? {} : { hostKey }),
  }
  const found = await resolveTarget(wish, {
    env,
    machine: computer,
    home: user.home,
    userName: user.name,
    platform: user.platform,
  })
  const { machine, place } = await loginAt(found, context.ssh, signal).catch((error: unknown) => {
    throw error instanceof LabosError ? advised(error, target) : error
  })
  const { identity: key, hostKeys, ...at } = place
  const used = 'agent' in key ? { agent: key.agent } : { file: key.file }
  return { machine, ssh: { ...at, hostKeys: [...hostKeys], identity: used } }
}

/** What to do where there is no lab yet, and no cloud that knows the machine. */
function advised(error: LabosError, target: string): LabosError {
  const { code, message, cause } = error
  const suggestions = ADVICE[code]?.(target)
  return suggestions ? new LabosError(code, message, { suggestions, cause }) : error
}

const ADVICE: Readonly<Partial<Record<ErrorCode, (target: string) => [string, ...string[]]>>> = {
  'ssh.auth': (target) => [
    'Check the user (`--host user@box`) and the key (`--identity ~/.ssh/id_ed25519`).',
    `See what OpenSSH says of it: \`${opensshLine(target)}\`, with \`-v\`.`,
  ],
  'ssh.hostkey': (target) => [
    'Nothing was sent to it. Another machine may have that address now, or somebody stands between.',
    `If it was set up anew: forget the old key (\`ssh-keygen -R\`), log in once and compare: \`${opensshLine(target)}\`.`,
    "Or name the new key: `--host-key 'ssh-ed25519 AAAA...'`.",
  ],
  'machine.unreachable': (target) => [
    'Check the address and the port (`--host user@box:2222`), your network, and whether it runs.',
    `See what OpenSSH says of it: \`${opensshLine(target)}\`, with \`-v\`.`,
  ],
}

/** Below the home folder there. */
export const hostFolder = (name: string): string => `.local/share/labos/${name}`

export async function lookAtHost(
  machine: RemoteMachine,
  { name, target }: { readonly name: string; readonly target: string },
  { templatesDir }: Pick<Context, 'templatesDir'>,
  signal: AbortSignal,
): Promise<HostFacts> {
  const script = await readFile(join(templatesDir, 'host', 'facts.sh'), 'utf8')
  return readHostFacts(machine, { script, folder: hostFolder(name), target }, signal)
}
