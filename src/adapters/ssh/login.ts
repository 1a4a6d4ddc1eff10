/** One login over SSH: the host key is checked before anything is sent. */
import { connect, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { CipherAlgorithm, Client, ConnectConfig, KexAlgorithm, MacAlgorithm, ServerHostKeyAlgorithm } from 'ssh2'
import { blobOf, hostKeyText, kindOf } from '../../connect/host-keys.js'
import type { SshPlace } from '../../ports.js'
import { loginFailure } from './failure.js'
import { gatherWrites } from './gather-writes.js'
import { overCommand } from './over-command.js'

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
  readonly socket: Duplex
}

/** Rejects as `ConnectSsh` does. */
export async function login(place: SshPlace, signal: AbortSignal, connectMs = CONNECT_MS): Promise<Login> {
  signal.throwIfAborted()
  const sdk = await import('./sdk.js')
  signal.throwIfAborted()
  const socket = gatherWrites(place.via === undefined ? connectTo(place, connectMs) : overCommand(place.via))
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

/** A connection that says nothing more is not waited for. */
const GOODBYE_MS = 250

/** Ends the connection; what was written still goes. */
export function leave({ client, socket }: Login): void {
  client.end()
  socket.end(() => socket.destroy())
  setTimeout(() => socket.destroy(), GOODBYE_MS).unref()
}

/** Fails where nobody answers in time. */
function connectTo({ host, port }: SshPlace, timeout: number): Socket {
  const socket = connect({ host, port, noDelay: true, timeout })
  // Looked at once more when what came in meanwhile was read: this process itself may have been too busy.
  const onSlow = (): void => {
    if (socket.connecting) socket.destroy(new Error('no answer in time'))
  }
  return socket.once('timeout', () => setImmediate(onSlow)).once('connect', () => void socket.setTimeout(0))
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
