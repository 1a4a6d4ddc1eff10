/** One login over SSH: the host key is checked before anything is sent. */
import { connect, type Socket } from 'node:net'
import type { CipherAlgorithm, Client, ConnectConfig, KexAlgorithm, MacAlgorithm, ServerHostKeyAlgorithm } from 'ssh2'
import { blobOf, hostKeyText, kindOf } from '../../connect/host-keys.js'
import type { SshPlace } from '../../ports.js'
import { loginFailure, unreachable } from './failure.js'
import { gatherWrites } from './gather-writes.js'

/** From the first packet to the end of the login; a machine that boots is slow. */
const LOGIN_MS = 15_000
const CONNECT_MS = 10_000
const KEEPALIVE_MS = 15_000
const KEEPALIVE_COUNT = 3

const KEX: KexAlgorithm[] = [
  'curve25519-sha256',
  'curve25519-sha256@libssh.org',
  'ecdh-sha2-nistp256',
  'ecdh-sha2-nistp384',
  'ecdh-sha2-nistp521',
]
/** The fastest first, as measured through Node.js: GCM takes two thirds of the time of ChaCha20. */
const CIPHERS: CipherAlgorithm[] = [
  'aes128-gcm@openssh.com',
  'aes256-gcm@openssh.com',
  'aes128-ctr',
  'aes256-ctr',
  'chacha20-poly1305@openssh.com',
]
const MACS: MacAlgorithm[] = ['hmac-sha2-256-etm@openssh.com', 'hmac-sha2-512-etm@openssh.com']

export interface Login {
  readonly client: Client
  readonly socket: Socket
}

/** Rejects as `ConnectSsh` does. */
export async function login(place: SshPlace, signal: AbortSignal, connectMs = CONNECT_MS): Promise<Login> {
  signal.throwIfAborted()
  const sdk = await import('./sdk.js')
  signal.throwIfAborted()
  const socket = gatherWrites(connect({ host: place.host, port: place.port, noDelay: true, timeout: connectMs }))
  const client = new sdk.Client()
  return new Promise((resolve, reject) => {
    let shown: string | undefined
    const end = (): void => {
      signal.removeEventListener('abort', onAbort)
      client.removeAllListeners('error').on('error', () => undefined)
      client.removeAllListeners('close')
    }
    const fail = (error: unknown): void => {
      end()
      socket.destroy()
      reject(error)
    }
    const onAbort = (): void => fail(signal.reason)
    signal.addEventListener('abort', onAbort, { once: true })
    // Looked at once more when what came in meanwhile was read: this process itself may have been too busy.
    const onSlow = (): void => {
      if (socket.connecting) fail(unreachable(place, new Error('no answer in time')))
    }
    socket.once('timeout', () => setImmediate(onSlow)).once('connect', () => socket.setTimeout(0))
    client.once('error', (error) => fail(loginFailure(error, place, shown)))
    client.once('close', () => fail(loginFailure(new Error('it closed the connection'), place, shown)))
    client.once('ready', () => {
      end()
      resolve({ client, socket })
    })
    try {
      client.connect({ ...settings(place, (key) => (shown = key)), sock: socket })
    } catch (error) {
      // A key that cannot be read as one.
      fail(loginFailure(Object.assign(error as Error, { level: 'client-authentication' }), place, undefined))
    }
  })
}

function settings({ user, identity, hostKeys }: SshPlace, onForeign: (hostKey: string) => void): ConnectConfig {
  const accepted = hostKeys.map(blobOf)
  return {
    username: user,
    ...('agent' in identity ? { agent: identity.agent } : { privateKey: identity.privateKey }),
    authHandler: ['agent' in identity ? 'agent' : 'publickey'],
    readyTimeout: LOGIN_MS,
    keepaliveInterval: KEEPALIVE_MS,
    keepaliveCountMax: KEEPALIVE_COUNT,
    algorithms: {
      serverHostKey: [...new Set(hostKeys.flatMap((key) => signatureKinds(kindOf(key))))],
      kex: KEX,
      cipher: CIPHERS,
      hmac: MACS,
      compress: ['none'],
    },
    hostVerifier: (shown: Buffer): boolean => {
      if (accepted.some((key) => key.equals(shown))) return true
      onForeign(hostKeyText(shown))
      return false
    },
  }
}

/** How a key of that kind signs: only RSA keys sign in more than one way. */
const signatureKinds = (kind: string): ServerHostKeyAlgorithm[] =>
  kind === 'ssh-rsa' ? ['rsa-sha2-512', 'rsa-sha2-256'] : [kind as ServerHostKeyAlgorithm]
