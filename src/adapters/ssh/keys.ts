/** Key pairs as OpenSSH writes them. */
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import type { SshKeyPair } from '../../ports.js'

const KIND = 'ssh-ed25519'
const LINE_CHARACTERS = 70
/** OpenSSH pads the secret part to its cipher's block; without a cipher that is 8. */
const BLOCK_BYTES = 8

/** A new ed25519 pair, for a user or a host. */
export function makeKeyPair(comment: string): SshKeyPair {
  const { d = '', x = '' } = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' })
  const secret = Buffer.from(d, 'base64url')
  const open = Buffer.from(x, 'base64url')
  const blob = Buffer.concat([field(KIND), field(open)])
  return {
    privateKey: armoured(privateBlob(blob, open, secret, comment)),
    publicKey: `${KIND} ${blob.toString('base64')} ${comment}`,
  }
}

/** The format of PROTOCOL.key in OpenSSH's sources. */
function privateBlob(blob: Buffer, open: Buffer, secret: Buffer, comment: string): Buffer {
  const check = randomBytes(4) // stands twice: who decrypts with a wrong passphrase sees it
  const inner = Buffer.concat([
    check,
    check,
    field(KIND),
    field(open),
    field(Buffer.concat([secret, open])),
    field(comment),
  ])
  const padding = Buffer.from(Array.from({ length: -inner.length & (BLOCK_BYTES - 1) }, (_, index) => index + 1))
  return Buffer.concat([
    Buffer.from('openssh-key-v1\0'),
    ...[field('none'), field('none'), field('')], // cipher, key derivation, its options
    count(1),
    field(blob),
    field(Buffer.concat([inner, padding])),
  ])
}

function count(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

function field(content: string | Buffer): Buffer {
  const bytes = Buffer.from(content)
  return Buffer.concat([count(bytes.length), bytes])
}

function armoured(blob: Buffer): string {
  const lines = blob.toString('base64').match(new RegExp(`.{1,${String(LINE_CHARACTERS)}}`, 'g')) ?? []
  return ['-----BEGIN OPENSSH PRIVATE KEY-----', ...lines, '-----END OPENSSH PRIVATE KEY-----', ''].join('\n')
}
