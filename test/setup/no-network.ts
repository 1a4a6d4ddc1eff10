/** In these tests a connection goes to this computer or nowhere: what would leave it fails at once, by name. */
import { BlockList, isIP, Socket } from 'node:net'

const loopback = new BlockList()
loopback.addSubnet('127.0.0.0', 8, 'ipv4')
loopback.addAddress('::1', 'ipv6')

const connect = Reflect.get(Socket.prototype, 'connect')

Socket.prototype.connect = function (this: Socket, ...args: unknown[]): Socket {
  const host = hostOf(args)
  if (!isHere(host)) {
    process.nextTick(() => this.destroy(new Error(`a test may not connect to ${host}`)))
    return this
  }
  return Reflect.apply(connect, this, args) as Socket
}

/** The shapes of `connect`: options, port and host, a pipe's path; Node.js itself passes one array of these. */
function hostOf(args: readonly unknown[]): string {
  const [first, second] = (Array.isArray(args[0]) ? args[0] : args) as readonly unknown[]
  if (typeof first === 'object' && first !== null) {
    return 'host' in first && typeof first.host === 'string' ? first.host : 'localhost'
  }
  return typeof second === 'string' ? second : 'localhost'
}

function isHere(host: string): boolean {
  const version = isIP(host)
  if (version === 0) return host === 'localhost' || host === ''
  return loopback.check(host, version === 4 ? 'ipv4' : 'ipv6')
}
