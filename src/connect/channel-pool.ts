/** Connections to the engine that are opened before somebody asks: over SSH each costs a way there and back. */
import type { Duplex } from 'node:stream'

export interface ChannelPool {
  /** One that is open already, where there is one. Its place is taken by a new one. */
  dial(): Duplex
  /** Opens ahead; to be called when the machine can be reached again. */
  fill(): void
  /** Closes those that nobody took; none is opened ahead any more. */
  close(): void
}

/**
 * `size` of them wait. One that ends while it waits is not replaced before somebody asks again: an engine that closes what says
 * nothing is not dialled for ever.
 */
export function channelPool(dial: () => Duplex, size: number): ChannelPool {
  const spares = new Map<Duplex, () => void>()
  let isClosed = false
  const add = (): void => {
    const spare = dial()
    const drop = (): void => {
      spares.delete(spare)
      spare.destroy()
    }
    spares.set(spare, drop)
    spare.on('error', () => undefined) // it closes, then
    // Nothing was asked on it: what comes is a goodbye, or its end.
    spare.once('readable', drop).once('close', drop)
  }
  const fill = (): void => {
    while (!isClosed && spares.size < size) add()
  }
  return {
    dial: () => {
      setImmediate(fill)
      for (const [spare, drop] of spares) {
        spares.delete(spare)
        return spare.off('readable', drop).off('close', drop)
      }
      return dial()
    },
    fill,
    close: () => {
      isClosed = true
      for (const drop of spares.values()) drop()
    },
  }
}
