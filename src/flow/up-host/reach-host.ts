/** The first login on a host of the user's own, and what it is. */
import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { loginAt, resolveTarget } from '../../connect/ssh-target.js'
import type { HostFacts } from '../../plan/host/host-facts.js'
import type { RemoteMachine } from '../../ports.js'
import { readHostFacts } from '../../provision/ssh/host-facts.js'
import type { HostLab } from '../../state/host-record.js'
import type { Context } from '../context.js'
import type { HostUpRequest } from './request.js'

export interface ReachedHost {
  readonly machine: RemoteMachine
  readonly ssh: HostLab['ssh']
}

/** Throws `usage.value`, `usage.file`, `ssh.hostkey`, `ssh.auth`, `machine.unreachable`. Close the machine. */
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
  const { machine, place } = await loginAt(found, context.ssh, signal)
  const { host, port, user: login, hostKeys } = place
  const used = 'agent' in place.identity ? { agent: place.identity.agent } : { file: place.identity.file }
  return { machine, ssh: { host, port, user: login, hostKeys: [...hostKeys], identity: used } }
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
