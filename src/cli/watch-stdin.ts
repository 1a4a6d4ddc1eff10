import type { Readable } from 'node:stream'

/** Calls `onEnd` once when whoever holds the other end of stdin has closed it. What comes before is dropped. */
export function watchStdin(stdin: Readable, onEnd: () => void): void {
  let isOver = false
  const end = (): void => {
    if (!isOver) onEnd()
    isOver = true
  }
  stdin.on('end', end).on('close', end).on('error', end).resume()
}
