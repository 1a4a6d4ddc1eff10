/** A network path that a test can break: a relay before a loopback port. */
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

export interface Wire {
  readonly port: number
  /** Connections through it. */
  readonly open: number
  /** From now on nothing arrives, and nobody is told; new connections hang. */
  freeze(): void
  /** Everything that was held goes on its way. */
  thaw(): void
  /** Ends all connections; with `closed`, new ones are ended at once too, until it is opened again. */
  cut(closed?: boolean): void
  mend(): void
  /** Where new connections go from now on. */
  lead(port: number): void
  close(): Promise<void>
}

export async function wireTo(target: number): Promise<Wire> {
  const ends = new Set<Socket>()
  const waiting: Socket[] = []
  const state = { target, isFrozen: false, isCut: false }
  const join = (near: Socket): void => {
    const far = connect({ port: state.target, host: '127.0.0.1', noDelay: true })
    hold(near, far)
    hold(far, near)
    pour(near, far)
    pour(far, near)
  }
  const hold = (one: Socket, other: Socket): void => {
    ends.add(one)
    one.on('error', () => undefined)
    one.once('close', () => {
      ends.delete(one)
      other.destroy()
    })
  }
  const pour = (from: Socket, to: Socket): void => {
    from.on('data', (piece: Buffer) => {
      if (!to.write(piece)) from.pause()
    })
    to.on('drain', () => {
      if (!state.isFrozen) from.resume()
    })
    from.on('end', () => to.end())
  }
  const server = createServer({ noDelay: true, pauseOnConnect: false }, (near) => {
    near.on('error', () => undefined)
    if (state.isCut) near.destroy()
    else if (state.isFrozen) waiting.push(near.pause())
    else join(near)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const cut = (): void => {
    for (const end of [...ends, ...waiting.splice(0)]) end.destroy()
  }
  return {
    port: (server.address() as AddressInfo).port,
    get open() {
      return ends.size / 2
    },
    freeze: () => {
      state.isFrozen = true
      for (const end of ends) end.pause()
    },
    thaw: () => {
      state.isFrozen = false
      for (const end of ends) end.resume()
      for (const near of waiting.splice(0)) if (!near.destroyed) join(near.resume())
    },
    cut: (closed = false) => {
      state.isCut = closed
      cut()
    },
    mend: () => void (state.isCut = false),
    lead: (port) => void (state.target = port),
    close: async () => {
      cut()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
