/** Connections to the engine that are opened before somebody asks: over SSH each costs a way there and back. */
import type { Duplex } from 'node:stream'

/** Was open before it was asked for: like one that was used before, it may have been closed meanwhile. */
export interface OpenedAhead extends Duplex {
  readonly wasOpenedAhead: true
}

export interface ChannelPool {
  /** One that is open already, where there is one. Its place is taken by a new one. */
  dial(): Duplex
  /** Opens ahead; to be called when the machine can be reached again. */
  fill(): void
  /** Closes those that nobody took; none is opened ahead any more. */
  close(): void
}

/**
 * `size` of them wait; a stream says `ready` when it is open, as a socket does. One that ends while it waits is not replaced before
 * somebody asks again: an engine that closes what says nothing is not dialled for ever.
 */
export function channelPool(dial: () => Duplex, size: number): ChannelPool {
  const spares = new Map<Duplex, { drop(): void; isReady: boolean }>()
  let isClosed = false
  const add = (): void => {
    const spare = dial()
    const drop = (): void => {
      spares.delete(spare)
      spare.destroy()
    }
    const entry = { drop, isReady: false }
    spares.set(spare, entry)
    spare.on('error', () => undefined) // it closes, then
    // Nothing was asked on it: what comes is a goodbye, or its end.
    spare.once('readable', drop).once('close', drop)
    spare.once('ready', () => (entry.isReady = true))
  }
  const fill = (): void => {
    while (!isClosed && spares.size < size) add()
  }
  const take = (): OpenedAhead | undefined => {
    for (const [spare, { drop, isReady }] of spares) {
      if (!isReady || spare.destroyed) continue // a path that is cut ends them all; they say so one after the other
      spares.delete(spare)
      spare.off('readable', drop).off('close', drop)
      return Object.assign(spare, { wasOpenedAhead: true as const })
    }
    return undefined
  }
  return {
    dial: () => {
      setImmediate(fill)
      return take() ?? dial()
    },
    fill,
    close: () => {
      isClosed = true
      for (const { drop } of spares.values()) drop()
    },
  }
}
