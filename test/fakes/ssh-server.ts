/** ssh2's own server in this process, for what OpenSSH's does not do on demand. */
import { connect, type AddressInfo } from 'node:net'
import ssh2, { type Connection, type ServerChannel } from 'ssh2'
import { makeKeyPair } from '../../src/adapters/ssh/keys.js'
import type { SshKeyPair, SshPlace } from '../../src/ports.js'

export interface SshServer {
  readonly place: SshPlace
  readonly hostKey: SshKeyPair
  readonly connections: ReadonlySet<Connection>
  /** Channels that were opened so far. */
  readonly opened: number
  /** What it does from now on; each is off at first. */
  readonly faults: {
    refuseLogin: boolean
    refuseChannels: boolean
    /** Never answers who asks for a channel. */
    ignoreChannels: boolean
  }
  /** What each command says and ends with, at once. */
  readonly commands: { says: string; exitCode: number }
  close(): Promise<void>
}

export async function startSshServer(hostKey = makeKeyPair('host'), port = 0): Promise<SshServer> {
  const userKey = makeKeyPair('user')
  const connections = new Set<Connection>()
  const faults = { refuseLogin: false, refuseChannels: false, ignoreChannels: false }
  const counts = { opened: 0 }
  const commands = { says: '', exitCode: 0 }
  const server = new ssh2.Server({ hostKeys: [hostKey.privateKey] }, (connection) => {
    connections.add(connection)
    connection.on('close', () => connections.delete(connection))
    connection.on('error', () => undefined) // cut off
    connection.on('authentication', (login) => (faults.refuseLogin ? login.reject(['publickey']) : login.accept()))
    connection.on('request', (_accept, reject) => reject?.())
    connection.on('session', (accept) => {
      accept().on('exec', (run) => {
        const channel = run()
        if (commands.says !== '') channel.write(commands.says)
        channel.exit(commands.exitCode)
        channel.end()
      })
    })
    connection.on('tcpip', (accept, reject, { destPort }) => {
      counts.opened += 1
      if (faults.refuseChannels) reject()
      else if (!faults.ignoreChannels) join(accept(), destPort)
    })
  })
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', () => resolve()))
  return {
    place: {
      host: '127.0.0.1',
      port: (server.address() as AddressInfo).port,
      user: 'tester',
      identity: { privateKey: userKey.privateKey },
      hostKeys: [hostKey.publicKey],
    },
    hostKey,
    connections,
    get opened() {
      return counts.opened
    },
    faults,
    commands,
    close: async () => {
      for (const connection of connections) connection.end()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function join(channel: ServerChannel, port: number): void {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  socket
    .on('error', () => channel.close())
    .pipe(channel)
    .pipe(socket)
  channel.on('error', () => socket.destroy()).on('close', () => socket.destroy())
  socket.on('close', () => channel.close())
}
