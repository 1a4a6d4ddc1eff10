/** Loopback ports here that lead to loopback ports of a machine. */
import { createServer, type Server, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { systemCode } from '../errors/from-system.js'
import { LabosError } from '../errors/labos-error.js'
import type { PortPair } from '../ports.js'

export interface Forwards {
  /** With the ports that were got. */
  readonly list: readonly PortPair[]
  /** Connections that are open now. */
  connections(): number
  /** Cuts what is open. */
  close(): Promise<void>
}

export interface ForwardDeps {
  /** A stream to a loopback port of the machine; errors surface on it. */
  dial(remotePort: number): Duplex
  /** A connection that could not be made there, or broke. */
  onTrouble(forward: PortPair, error: Error): void
}

const LOOPBACK = '127.0.0.1'

/** Listens on all of them or on none. Throws `port.taken`. */
export async function openForwards(wishes: readonly PortPair[], deps: ForwardDeps): Promise<Forwards> {
  const sockets = new Set<Socket>()
  const open: { readonly server: Server; readonly forward: PortPair }[] = []
  const close = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy()
    await Promise.all(open.map(({ server }) => new Promise((resolve) => server.close(resolve))))
  }
  try {
    for (const wish of wishes) open.push(await listen(wish, sockets, deps))
  } catch (error) {
    await close()
    throw error
  }
  return { list: open.map(({ forward }) => forward), connections: () => sockets.size, close }
}

function listen(
  wish: PortPair,
  sockets: Set<Socket>,
  deps: ForwardDeps,
): Promise<{ readonly server: Server; readonly forward: PortPair }> {
  // Who has said all may still be answered.
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    join(socket, deps.dial(wish.remotePort), (error) => deps.onTrouble(wish, error))
  })
  return new Promise((resolve, reject) => {
    server.once('error', (error) => reject(taken(wish.localPort, error)))
    server.listen({ port: wish.localPort, host: LOOPBACK, exclusive: true }, () => {
      const address = server.address()
      const localPort = typeof address === 'object' && address ? address.port : wish.localPort
      resolve({ server, forward: { ...wish, localPort } })
    })
  })
}

function join(socket: Socket, stream: Duplex, onTrouble: (error: Error) => void): void {
  socket.on('error', () => stream.destroy()) // whoever is here left
  socket.on('close', () => stream.destroy())
  stream.on('error', (error) => {
    onTrouble(error)
    socket.resetAndDestroy() // never like a whole answer
  })
  stream.on('close', () => socket.end())
  socket.pipe(stream).pipe(socket)
}

function taken(port: number, error: Error): Error {
  const code = systemCode(error)
  if (code !== 'EADDRINUSE' && code !== 'EACCES') return error
  const why = code === 'EACCES' ? 'is not yours to open' : 'is in use'
  return new LabosError('port.taken', `Port ${String(port)} ${why}.`, {
    suggestions: [`Take another, or any free one: \`-L 0:...\`.`],
    cause: error,
  })
}
