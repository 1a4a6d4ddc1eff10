/** Where and how to log in on a lab's machine, by its record. */
import { existsSync, readFileSync } from 'node:fs'
import { LabosError } from '../errors/labos-error.js'
import type { SshPlace } from '../ports.js'
import type { HostLab } from '../state/host-record.js'
import { labPaths, type Paths } from '../state/paths.js'
import { isRented, type MachineLab, type RentedLab } from '../state/record.js'
import type { Context } from './context.js'

/** Throws `machine.unreachable` where the record knows no address, no host key or no key to log in with. */
export const sshPlace = (record: MachineLab, { paths, env }: Pick<Context, 'paths' | 'env'>): SshPlace =>
  isRented(record) ? rentedPlace(record, paths) : placeOfHost(record, env['SSH_AUTH_SOCK'])

/** `sshPlace` of a rented machine, with the key that labos made. */
export function rentedPlace({ name, ssh, machine }: RentedLab, paths: Paths): SshPlace {
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

/** With the key or the agent that `up` logged in with; with the one of now where that agent is no more. */
function placeOfHost({ name, ssh }: HostLab, agentNow: string | undefined): SshPlace {
  const { identity: used, ...at } = ssh
  const [first, ...others] = ssh.hostKeys
  if (first === undefined) throw noWay(name, 'its record names no host key')
  const identity = 'agent' in used ? { agent: agentOf(used.agent, agentNow) } : { privateKey: textOf(name, used.file) }
  return { ...at, identity, hostKeys: [first, ...others] }
}

/** A new login to this computer often has a new agent. */
const agentOf = (then: string, now: string | undefined): string => (now && !existsSync(then) ? now : then)

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
