/** A command, or a shell, on a lab's machine. */
import { writeAtomic } from '../state/atomic.js'
import { knownHostsText } from '../connect/known-hosts.js'
import { opensshArgv, type OpensshFacts } from '../connect/openssh.js'
import type { AttachedCommand } from '../ports.js'
import { labPaths } from '../state/paths.js'
import { isOnHost } from '../state/record.js'
import type { Context } from './context.js'
import { LabosError } from '../errors/labos-error.js'
import { labOnMachine } from './lab-on-machine.js'
import { offerToLetIn } from './readmit/offer.js'
import { sshPlace } from './ssh-place.js'

/**
 * Resolves to the command's exit code. A machine that is silent as it lets in another address than this computer has now is
 * asked to let it in, where the user agrees. Throws `usage.value` for a lab on this computer, and what `AttachSsh` rejects with.
 */
export async function machineShell(
  name: string,
  command: AttachedCommand,
  context: Context,
  signal: AbortSignal,
): Promise<number> {
  const { paths, attachSsh } = context
  const place = sshPlace(labOnMachine('ssh', name, paths), context)
  const login = { isDone: false }
  try {
    return await attachSsh(place, { ...command, onLogin: () => (login.isDone = true) }, signal)
  } catch (error) {
    const isSilent = !login.isDone && error instanceof LabosError && error.code === 'machine.unreachable'
    if (!isSilent || !(await offerToLetIn(name, `labos ssh ${name}`, context, signal))) throw error
  }
  return attachSsh(place, command, signal)
}

/** Public shape of `labos ssh --print --json`. */
export interface Openssh extends OpensshFacts {
  /** The whole command line of OpenSSH's client, as words. */
  readonly argv: readonly string[]
}

/** How OpenSSH's own programs reach the machine. Writes the file of host keys that they need. */
export async function opensshOf(name: string, context: Pick<Context, 'paths' | 'env'>): Promise<Openssh> {
  const { paths } = context
  const record = labOnMachine('ssh', name, paths)
  const place = sshPlace(record, context)
  const { userKey, knownHosts } = labPaths(paths, name)
  await writeAtomic(knownHosts, knownHostsText(place))
  const { identity: _, hostKeys: __, ...at } = place
  const identity = isOnHost(record) ? record.ssh.identity : { file: userKey }
  const identityFile = 'file' in identity ? { identityFile: identity.file } : {}
  const facts: OpensshFacts = { ...at, ...identityFile, knownHostsFile: knownHosts }
  return { ...facts, argv: opensshArgv(facts) }
}
