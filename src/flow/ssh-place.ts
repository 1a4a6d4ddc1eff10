import { LabosError } from '../errors/labos-error.js'
import type { SshPlace } from '../ports.js'
import type { Paths } from '../state/paths.js'
import { readUserKey } from '../state/read.js'
import type { RentedLab } from '../state/record.js'

/** Where and as whom labos logs in on a lab's machine. Throws `machine.unreachable` and `ssh.auth` where that is not known. */
export function sshPlace(record: RentedLab, paths: Paths): SshPlace {
  const { name, ssh, machine } = record
  const [first, ...others] = ssh?.hostKeys ?? []
  if (!ssh || first === undefined) throw noLogin(name)
  const host = ssh.host ?? machine?.address
  if (host === undefined) throw noAddress(record)
  const privateKey = readUserKey(paths, name)
  if (privateKey === undefined) throw noKey(name)
  return { host, port: ssh.port, user: ssh.user, identity: { privateKey }, hostKeys: [first, ...others] }
}

const noLogin = (name: string): LabosError =>
  new LabosError('ssh.auth', `labos has no login on the machine of "${name}": \`labos up\` was to stop before that.`, {
    suggestions: [`Go on with it: \`labos up --name ${name}\`.`, `What there is of it: \`labos status ${name}\`.`],
  })

const noAddress = ({ name, machine }: RentedLab): LabosError =>
  new LabosError(
    'machine.unreachable',
    `The machine of "${name}" has no public address${machine ? `: it is ${machine.state}` : ''}.`,
    {
      suggestions: [
        `Ask AWS how it is: \`labos status ${name} --refresh\`.`,
        `If it is stopped, start it: \`labos start ${name}\`.`,
      ],
    },
  )

const noKey = (name: string): LabosError =>
  new LabosError('ssh.auth', `The private key for the machine of "${name}" is gone from its folder.`, {
    suggestions: [
      "Put it back, if you have a copy: `id_ed25519` beside the lab's record.",
      `Without it nobody can log in: end the lab, \`labos down ${name}\`, and bring it up again.`,
    ],
  })
