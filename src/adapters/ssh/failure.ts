/** What ssh2 says of a login that failed, as our errors. */
import { fingerprint, kindOf } from '../../connect/host-keys.js'
import { systemCode } from '../../errors/from-system.js'
import { LabosError } from '../../errors/labos-error.js'
import type { SshPlace } from '../../ports.js'
import { clause } from '../../ui/text.js'

/** RFC 4253, 11.1: what a server gives for a reason when it has seen too many keys. */
const REFUSALS = /authentication methods failed|Too many authentication failures/i

/** `shown`: the host key that the machine showed and that was not accepted. */
export function loginFailure(error: Error, place: SshPlace, shown: string | undefined): LabosError {
  const { host, port, user, hostKeys } = place
  const at = `${host} (port ${String(port)})`
  if (shown !== undefined)
    return changed(`${at} shows the host key ${fingerprint(shown)} (${kindOf(shown)})`, hostKeys, error)
  if (error.message.includes('no matching host key format'))
    return changed(`${at} shows no host key of the kind ${hostKeys.map(kindOf).join(', ')}`, hostKeys, error)
  if ('agent' in place.identity && error.message.includes('connect to agent'))
    return new LabosError('ssh.key', `There is no agent at ${place.identity.agent} to log in to ${at} with.`, {
      suggestions: ['Start one, and add your key: `eval "$(ssh-agent)"`, then `ssh-add`.'],
      cause: error,
    })
  if (/privateKey/.test(error.message))
    return new LabosError('ssh.key', `The key to log in to ${at} with cannot be used: ${lowered(error.message)}.`, {
      suggestions: [
        'A key with a passphrase works through an agent: `ssh-add FILE`.',
        'Name the private key, not the `.pub` file.',
      ],
    })
  const level = 'level' in error ? error.level : undefined
  if (level === 'agent' || level === 'client-authentication' || REFUSALS.test(error.message))
    return new LabosError('ssh.auth', `${at} does not let ${user} in: ${lowered(error.message)}.`, {
      suggestions: [
        'It is to know the key that labos made for it: `~/.ssh/authorized_keys` there.',
        'See what OpenSSH says of it: the command of `labos ssh --print`, with `-v`.',
      ],
      cause: error,
    })
  return unreachable(place, error)
}

const changed = (what: string, hostKeys: SshPlace['hostKeys'], cause: Error): LabosError =>
  new LabosError('ssh.hostkey', `${what}; accepted is ${hostKeys.map(fingerprint).join(' or ')}.`, {
    suggestions: [
      'Nothing was sent to it. Another machine may have that address now, or somebody stands between.',
      'Ask where the machine is: `labos status --refresh`. Or end it without logging in: `labos down`.',
    ],
    cause,
  })

/** The machine does not answer, or not in time: may pass by itself. */
export const unreachable = ({ host, port, via }: SshPlace, error: Error): LabosError =>
  new LabosError('machine.unreachable', `${host} does not answer on ${wayText(port, via)}: ${why(error)}.`, {
    suggestions: ['Check your network, and whether the machine runs and lets you in: `labos status --refresh`.'],
    cause: error,
  })

const wayText = (port: number, via: string | undefined): string =>
  `port ${String(port)}${via === undefined ? '' : ` over \`${via}\``}`

const WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'it refuses the connection',
  ECONNRESET: 'it cut the connection',
  EHOSTUNREACH: 'there is no way to it',
  ENETUNREACH: 'there is no network',
  ENOTFOUND: 'its name is not known',
  EAI_AGAIN: 'names cannot be looked up now',
  ETIMEDOUT: 'no answer in time',
}

const why = (error: Error): string => WORDS[systemCode(error) ?? ''] ?? lowered(error.message)

const lowered = (text: string): string => clause(text.charAt(0).toLowerCase() + text.slice(1))
