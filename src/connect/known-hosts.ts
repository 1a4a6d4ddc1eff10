/** Lines of a `known_hosts` file, as OpenSSH reads and writes them. Pure. */
import { createHmac } from 'node:crypto'
import type { SshPlace } from '../ports.js'
import { bareKey } from './host-keys.js'

const SSH_PORT = 22

/** How such a file names a place. */
const nameOf = ({ host, port }: Pick<SshPlace, 'host' | 'port'>): string =>
  port === SSH_PORT ? host : `[${host}]:${String(port)}`

/** A file of the host keys that are accepted at a place, and no others. */
export const knownHostsText = ({ host, port, hostKeys }: Pick<SshPlace, 'host' | 'port' | 'hostKeys'>): string =>
  hostKeys.map((key) => `${nameOf({ host, port })} ${key}\n`).join('')

/** The host keys that such a file accepts at a place. Certificates' lines are passed over. */
export function knownKeys(text: string, place: Pick<SshPlace, 'host' | 'port'>): string[] {
  const name = nameOf(place).toLowerCase()
  const lines = text.split('\n').map((line) => line.trim().split(/\s+/))
  const keysOf = (words: readonly string[]): string[] =>
    bareKey(words.join(' ')) === undefined ? [] : [bareKey(words.join(' ')) ?? '']
  const revoked = lines.flatMap(([marker, names = '', ...key]) =>
    marker === '@revoked' && isNamed(names, name) ? keysOf(key) : [],
  )
  const accepted = lines.flatMap(([names = '', ...key]) =>
    !/^[#@]/.test(names) && isNamed(names, name) ? keysOf(key) : [],
  )
  return [...new Set(accepted)].filter((key) => !revoked.includes(key))
}

/** `|1|salt|hash` hides one name; else names and patterns, of which one with `!` that fits takes the place out. */
function isNamed(names: string, name: string): boolean {
  const hashed = /^\|1\|([^|]+)\|([^|]+)$/.exec(names)
  if (hashed)
    return (
      createHmac('sha1', Buffer.from(hashed[1] ?? '', 'base64'))
        .update(name)
        .digest('base64') === hashed[2]
    )
  const patterns = names.split(',')
  const fits = (pattern: string): boolean => asExpression(pattern.toLowerCase()).test(name)
  return (
    patterns.some((pattern) => !pattern.startsWith('!') && fits(pattern)) &&
    !patterns.some((pattern) => pattern.startsWith('!') && fits(pattern.slice(1)))
  )
}

const asExpression = (pattern: string): RegExp =>
  new RegExp(
    `^${pattern
      .replace(/[\\^$.|+()[\]{}]/g, '\\$&')
      .replaceAll('*', '.*')
      .replaceAll('?', '.')}$`,
  )
