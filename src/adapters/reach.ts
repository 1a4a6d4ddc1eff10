import { connect } from 'node:net'
import type { Reach } from '../ports.js'

export const tcpReach: Reach = ({ host, port, timeoutMs }, signal) =>
  new Promise((resolve) => {
    const socket = connect({ host, port, timeout: timeoutMs, signal })
    const end = (isReached: boolean) => (): void => {
      socket.destroy()
      resolve(isReached)
    }
    socket.once('connect', end(true)).once('timeout', end(false)).once('error', end(false))
  })
