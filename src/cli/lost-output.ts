/** A terminal that is closed, or a pipe that nobody reads any more: what is written there goes nowhere, and breaks nothing. */
import { systemCode } from '../errors/from-system.js'

/** What of a stream is needed for it. */
export interface ErrorSource {
  on(event: 'error', listener: (error: Error) => void): unknown
  removeAllListeners(event: 'error'): unknown
}

const LOST: ReadonlySet<string | undefined> = new Set(['EIO', 'EPIPE', 'ERR_STREAM_DESTROYED'])

/**
 * From now on a lost output ends nothing by itself: whoever closed it also sends a signal, or wants no more than to hear
 * no more. oclif's listener throws at a closed terminal, and what is thrown there Pulumi's handler writes to it again, for ever.
 */
export function bearLostOutput(...streams: readonly ErrorSource[]): void {
  for (const stream of streams) {
    stream.removeAllListeners('error')
    stream.on('error', (error) => {
      if (!LOST.has(systemCode(error))) throw error
    })
  }
}
