/** The host keys that the user has accepted before, in OpenSSH's own files. Pure. */
import { createHmac } from 'node:crypto'
import { bareKey } from './host-keys.js'

/**
 * The keys that a known_hosts file accepts for a host, as `ssh-ed25519 AAAA...`, ed25519 first. Names may be hashed, patterns, or
 * with a port. Keys that are marked as revoked are left out, wherever they stand; authorities' keys too, which are no host's.
 */
export function acceptedKeys(text: string, host: string, port: number): string[] {
  const name = port === 22 ? host.toLowerCase() : `[${host.toLowerCase()}]:${String(port)}`
  const found: string[] = []
  const revoked = new Set<string>()
  for (const line of text.split('\n')) {
    const { marker, names, key } = entryOf(line)
    if (key === undefined) continue
    if (marker === '@revoked') revoked.add(key)
    else if (marker === undefined && isNamed(names, name)) found.push(key)
  }
  const rank = (key: string): number => (key.startsWith('ssh-ed25519 ') ? 0 : 1)
  return [...new Set(found)].filter((key) => !revoked.has(key)).sort((a, b) => rank(a) - rank(b))
}

function entryOf(line: string): { marker?: string; names: string; key: string | undefined } {
  const words = line.trim().split(/\s+/)
  const marker = words[0]?.startsWith('@') ? words.shift() : undefined
  const [names = '', kind = '', blob = ''] = words
  return { ...(marker === undefined ? {} : { marker }), names, key: bareKey(`${kind} ${blob}`) }
}

function isNamed(names: string, name: string): boolean {
  if (names.startsWith('|1|')) return isHashOf(names, name)
  const patterns = names.toLowerCase().split(',')
  const matches = (pattern: string): boolean => expressionOf(pattern).test(name)
  const refused = patterns.filter((pattern) => pattern.startsWith('!')).map((pattern) => pattern.slice(1))
  return !refused.some(matches) && patterns.some((pattern) => !pattern.startsWith('!') && matches(pattern))
}

/** `*` and `?` stand for any characters; nothing else is special. */
function expressionOf(pattern: string): RegExp {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.')
  return new RegExp(`^${source}$`)
}

/** `|1|SALT|HASH`: HMAC-SHA1 of the name under the salt. */
function isHashOf(hashed: string, name: string): boolean {
  const [salt = '', hash = ''] = hashed.slice(3).split('|')
  return createHmac('sha1', Buffer.from(salt, 'base64')).update(name).digest('base64') === hash
}
