/** Where and how to log in on a lab's machine, by its record. */
import { readFileSync } from 'node:fs'
import { LabosError } from '../errors/labos-error.js'
import type { SshPlace } from '../ports.js'
import { labPaths, type Paths } from '../state/paths.js'
import type { RentedLab } from '../state/record.js'

/** Throws `machine.unreachable` where the record knows no address, no host key or no key to log in with. */
export function sshPlace({ name, ssh, machine }: RentedLab, paths: Paths): SshPlace {
  const host = ssh?.host ?? machine?.address
  const [first, ...others] = ssh?.hostKeys ?? []
  if (!ssh || host === undefined || first === undefined)
    throw noWay(name, 'its machine has no address yet, or it was made by a labos that did not log in')
  return {
    host,
    port: ssh.port,
    user: ssh.user,
    identity: { privateKey: keyOf(name, paths) },
    hostKeys: [first, ...others],
  }
}

function keyOf(name: string, paths: Paths): string {
  const path = labPaths(paths, name).userKey
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
