/** Host keys as text: `ssh-ed25519 AAAA...`, with or without a comment. Pure. */
import { createHash } from 'node:crypto'

/** `SHA256:...`, as OpenSSH prints it. */
export const fingerprint = (hostKey: string): string =>
  `SHA256:${createHash('sha256').update(blobOf(hostKey)).digest('base64').replace(/=+$/, '')}`

/** The key as it goes over the wire. */
export const blobOf = (hostKey: string): Buffer => Buffer.from(hostKey.trim().split(/\s+/)[1] ?? '', 'base64')

/** `ssh-ed25519`, ... */
export const kindOf = (hostKey: string): string => hostKey.trim().split(/\s+/)[0] ?? ''

/** A key of the wire as text, without a comment. */
export function hostKeyText(blob: Buffer): string {
  const kind = blob.subarray(4, 4 + blob.readUInt32BE(0)).toString('latin1')
  return `${kind} ${blob.toString('base64')}`
}

/** Kind and key alone: two texts of the same key are then equal. Undefined for what is none. */
export function bareKey(line: string): string | undefined {
  const [kind = '', blob = ''] = line.trim().split(/\s+/)
  if (!/^[a-z0-9@.-]+$/.test(kind) || !/^AAAA[A-Za-z0-9+/]+=*$/.test(blob)) return undefined
  return hostKeyText(Buffer.from(blob, 'base64')) === `${kind} ${blob}` ? `${kind} ${blob}` : undefined
}
