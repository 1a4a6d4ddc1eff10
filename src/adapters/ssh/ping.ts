import type { Login } from './login.js'

/**
 * Anything that comes in counts as an answer: on a full line the answer itself waits behind what was sent before it.
 */
export const ping = ({ client, socket }: Login, why: () => Error, signal?: AbortSignal): Promise<void> =>
  new Promise((resolve, reject) => {
    const end = (act: () => void) => (): void => {
      socket.off('data', heard).off('close', gone)
      signal?.removeEventListener('abort', aborted)
      act()
    }
    const heard = end(resolve)
    const gone = end(() => reject(why()))
    const aborted = end(() => reject(signal?.reason))
    if (signal?.aborted) return reject(signal.reason)
    signal?.addEventListener('abort', aborted, { once: true })
    socket.on('data', heard).on('close', gone)
    try {
      client.unforwardIn('127.0.0.1', 1, () => undefined) // nothing is forwarded: the answer is no, and an answer
    } catch {
      gone()
    }
  })
