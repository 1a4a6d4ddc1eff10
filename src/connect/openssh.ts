/** The command line with which OpenSSH reaches the same machine. Pure. */
import type { SshPlace } from '../ports.js'

export interface OpensshFacts extends Pick<SshPlace, 'host' | 'port' | 'user' | 'via'> {
  /** Absent: the keys of the agent. */
  readonly identityFile?: string
  readonly knownHostsFile: string
}

/** Accepts the pinned host keys alone and asks nothing. */
export function opensshArgv({
  host,
  port,
  user,
  via,
  identityFile,
  knownHostsFile,
}: OpensshFacts): [string, ...string[]] {
  const identity = identityFile === undefined ? [] : [...identityOf(identityFile), '-o', 'IdentitiesOnly=yes']
  return [
    'ssh',
    ...identity,
    ...['-o', `UserKnownHostsFile=${configured(knownHostsFile)}`],
    ...['-o', 'StrictHostKeyChecking=yes'],
    ...(via === undefined ? [] : ['-o', `ProxyCommand=${expanded(via)}`]),
    ...['-p', String(port)],
    `${user}@${host}`,
  ]
}

/** `-i` looks for the file before it reads `%h` in its name. */
const identityOf = (path: string): string[] =>
  path.includes('%') ? ['-o', `IdentityFile=${configured(path)}`] : ['-i', path]

/** OpenSSH reads `%h` and its like in the names of files. */
const expanded = (path: string): string => path.replaceAll('%', '%%')

/** Several files stand there with spaces between. */
const configured = (path: string): string => (/\s/.test(path) ? `"${expanded(path)}"` : expanded(path))
