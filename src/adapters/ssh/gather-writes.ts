import type { Duplex } from 'node:stream'

/**
 * ssh2 writes each packet by itself: of what is written in one turn, one call of the system is made here.
 */
export function gatherWrites<T extends Duplex>(socket: T): T {
  const write = socket.write.bind(socket) as (...args: unknown[]) => boolean
  let isGathering = false
  const release = (): void => {
    isGathering = false
    socket.uncork()
  }
  const gathered = (...args: unknown[]): boolean => {
    if (!isGathering) {
      isGathering = true
      socket.cork()
      setImmediate(release)
    }
    return write(...args)
  }
  socket.write = gathered
  return socket
}
