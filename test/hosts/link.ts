/** What passes a link of so many bytes a second; it can stand still, and break. All connections over it share it. */
import { EventEmitter, once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

export interface Link {
  /** May be changed at any time; Infinity = as fast as it goes. */
  bytesPerS: number
  /** What has passed. */
  readonly sentBytes: number
  /** After so many more bytes nothing passes, and no connection ends, until `resume`. */
  stallAfter(bytes: number): void
  resume(): void
  /** The connection that carries the byte after so many more is broken, once. */
  breakAfter(bytes: number): void
}

interface Valve extends Link {
  /** Resolves to how many of the bytes may go now, or to why none will. */
  take(bytes: number): Promise<number | 'broken'>
  /** Nothing passes any more, and whoever waits is told. */
  shut(): void
}

const PIECE_BYTES = 65_536
/** Pieces a second on a slow link: fine enough for a change to be seen at once. */
const PIECES_PER_S = 20

export interface OpenLink extends Link {
  readonly server: Server
  close(): Promise<void>
}

/** A server that passes on what the one at `port` of this computer says. Resolves when it listens on a free port of `host`. */
export async function openLink(host: string, port: number): Promise<OpenLink> {
  const valve = makeValve()
  const sockets = new Set<Socket>()
  const server = createServer((client) => {
    const origin = connect(port, '127.0.0.1')
    for (const [one, other] of [
      [client, origin],
      [origin, client],
    ] as const) {
      sockets.add(one)
      one.on('error', () => other.destroy()).on('close', () => sockets.delete(one))
    }
    client.on('close', () => origin.destroy()).pipe(origin)
    passOn(origin, client, valve).catch(() => client.destroy())
  })
  await once(server.listen(0, host), 'listening')
  const close = async (): Promise<void> => {
    valve.shut()
    for (const each of sockets) each.destroy()
    await new Promise((resolve) => server.close(resolve))
  }
  return Object.assign(valve, { server, close })
}

async function passOn(origin: Socket, client: Socket, valve: Valve): Promise<void> {
  for await (const chunk of origin) {
    let rest = chunk as Buffer
    while (rest.length > 0) {
      const bytes = await valve.take(rest.length)
      if (bytes === 'broken' || client.destroyed) return void client.destroy()
      if (!client.write(rest.subarray(0, bytes))) await once(client, 'drain')
      rest = rest.subarray(bytes)
    }
  }
  client.end()
}

function makeValve(): Valve {
  const changes = new EventEmitter().setMaxListeners(0)
  let [sentBytes, leftBytes, whole, freeMs, isShut] = [0, Infinity, Infinity, 0, false]
  const change = (act: () => void): void => {
    act()
    changes.emit('change')
  }
  const valve: Valve = {
    bytesPerS: Infinity,
    get sentBytes() {
      return sentBytes
    },
    stallAfter: (bytes) => change(() => (leftBytes = bytes)),
    resume: () => change(() => (leftBytes = Infinity)),
    breakAfter: (bytes) => change(() => (whole = bytes)),
    shut: () => change(() => (isShut = true)),
    take: async (wanted) => {
      while (leftBytes <= 0 && !isShut) await once(changes, 'change')
      if (isShut) return 'broken'
      if (whole <= 0) {
        whole = Infinity
        return 'broken'
      }
      const most = Math.max(1, Math.floor(valve.bytesPerS / PIECES_PER_S))
      const bytes = Math.min(wanted, leftBytes, whole, PIECE_BYTES, most)
      leftBytes -= bytes
      whole -= bytes
      const nowMs = performance.now()
      const startMs = Math.max(nowMs, freeMs)
      freeMs = startMs + (bytes / valve.bytesPerS) * 1000
      if (startMs > nowMs) await sleep(startMs - nowMs)
      sentBytes += bytes
      return bytes
    },
  }
  return valve
}
