/** Where and how to log in on a lab's machine, by its record. */
import { readFileSync } from 'node:fs'
import { LabosError } from '../errors/labos-error.js'
import type { SshPlace } from '../ports.js'
import { labPaths, type Paths } from '../state/paths.js'
import type { HostLab } from '../state/host-record.js'
import { isRented, type MachineLab } from '../state/record.js'

/**
 * Throws `machine.unreachable` where the record knows no address, no host key or no key to log in with. `agentNow`: the socket
 * of the agent that the user has now, where the lab is logged in to with one.
 */
export function sshPlace(record: MachineLab, paths: Paths, agentNow?: string): SshPlace {
  if (!isRented(record)) return placeOfHost(record, agentNow)
  const { name, ssh, machine } = record
  const host = ssh?.host ?? machine?.address
  const [first, ...others] = ssh?.hostKeys ?? []
  if (!ssh || host === undefined || first === undefined)
    throw noWay(name, 'its machine has no address yet, or it was made by a labos that did not log in')
  return {
    host,
    port: ssh.port,
    user: ssh.user,
    identity: { privateKey: textOf(name, labPaths(paths, name).userKey) },
    hostKeys: [first, ...others],
  }
}

/** With the key that `up` logged in with. */
function placeOfHost({ name, ssh }: HostLab, agentNow: string | undefined): SshPlace {
  const { host, port, user, identity } = ssh
  const [first, ...others] = ssh.hostKeys
  if (first === undefined) throw noWay(name, 'its record names no host key')
  if ('agent' in identity)
    return { host, port, user, identity: { agent: agentNow || identity.agent }, hostKeys: [first, ...others] }
  return { host, port, user, identity: { privateKey: textOf(name, identity.file) }, hostKeys: [first, ...others] }
}

function textOf(name: string, path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw noWay(name, `its key cannot be read (${error instanceof Error ? error.message : String(error)})`)
  }
}

const noWay = (name: string, why: string): LabosError =>
  new LabosError('machine.unreachable', `There is no way to log in on the machine of "${name}": ${why}.`, {
    suggestions: [`See how it is: \`labos status ${name} --refresh\`.`, `Or end it: \`labos down ${name}\`.`],
  })
