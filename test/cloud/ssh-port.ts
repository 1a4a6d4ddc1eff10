/**
 * Port 22 of the machines: it is open while a machine runs, on the machine's own loopback address, and says what an SSH
 * server says first. That is all: nobody can log in.
 */
import { createServer, type Server, type Socket } from 'node:net'
import { hasAddress, type InstanceRecord, stateAt } from './instances.js'
import type { World } from './world.js'

const PORT = 22
const BANNER = 'SSH-2.0-labos-test-cloud\r\n'
const LOOK_EVERY_MS = 20

export interface SshPorts {
  /** Opens and closes what has to be; called after every change, and time does the rest. */
  look(): void
  close(): void
}

type Machines = Pick<World, 'records' | 'settings' | 'now'>

/** For machines that have an SSH server. */
export const noPorts: SshPorts = { look: () => undefined, close: () => undefined }

interface Door {
  readonly server: Server
  readonly sockets: Set<Socket>
}

/** Where the port cannot be opened (who is not root may not; only Linux has all of 127.0.0.0/8), says so once on `log`. */
export function sshPorts(world: Machines, log: (line: string) => void): SshPorts {
  const open = new Map<string, Door>()
  let hasFailed = false
  const fail = (error: Error): void => {
    if (!hasFailed) log(`Machines do not answer on port ${String(PORT)}: ${error.message}`)
    hasFailed = true
  }
  const look = (): void => {
    const wanted = new Set([...world.records.values()].filter((each) => answers(each, world)).map(addressOf))
    for (const [address, door] of open) {
      if (wanted.has(address)) continue
      open.delete(address)
      shut(door)
    }
    for (const address of wanted) if (!open.has(address) && !hasFailed) open.set(address, doorAt(address, fail))
  }
  const timer = setInterval(look, LOOK_EVERY_MS).unref()
  const close = (): void => {
    clearInterval(timer)
    for (const door of open.values()) shut(door)
    open.clear()
  }
  return { look, close }
}

const addressOf = ({ address }: InstanceRecord): string => address

function answers(record: InstanceRecord, { settings, now }: Machines): boolean {
  const nowMs = now()
  return (
    settings.ssh &&
    stateAt(record, settings, nowMs) === 'running' &&
    hasAddress(record, settings, nowMs) &&
    nowMs - record.sinceMs >= settings.pendingMs + settings.sshDelayMs
  )
}

function doorAt(address: string, fail: (error: Error) => void): Door {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => undefined) // who hangs up early has seen enough
    socket.resume().write(BANNER)
  })
  server.on('error', fail).listen(PORT, address)
  return { server, sockets }
}

function shut({ server, sockets }: Door): void {
  server.close()
  for (const socket of sockets) socket.destroy()
}
