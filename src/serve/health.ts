/** One GET over a connection of its own: what health checks and counters need, and no more. */
import type { Duplex } from 'node:stream'
import type { Clock } from '../ports.js'

export interface HealthQuestion {
  dial(): Duplex
  readonly path: string
  readonly key?: string
  readonly timeoutMs: number
}

const LARGEST_BYTES = 1_000_000

/** The answer's status and body, or undefined when there is none in time. Never rejects. */
export async function get(
  { dial, path, key, timeoutMs }: HealthQuestion,
  clock: Clock,
): Promise<{ status: number; body: string } | undefined> {
  const socket = dial()
  const over = new AbortController()
  try {
    return await Promise.race([exchange(socket, path, key), clock.sleep(timeoutMs, over.signal).then(() => undefined)])
  } catch {
    return undefined
  } finally {
    over.abort()
    socket.destroy()
  }
}

const exchange = (
  socket: Duplex,
  path: string,
  key: string | undefined,
): Promise<{ status: number; body: string } | undefined> =>
  new Promise((resolve, reject) => {
    let answer = ''
    socket.on('error', reject)
    socket.on('data', (piece: Buffer) => {
      answer += piece.toString('utf8')
      if (answer.length > LARGEST_BYTES) socket.destroy(new Error('the answer is too long'))
    })
    for (const over of ['end', 'close']) socket.on(over, () => resolve(parse(answer)))
    const authorization = key === undefined ? '' : `Authorization: Bearer ${key}\r\n`
    socket.write(`GET ${path} HTTP/1.0\r\nHost: 127.0.0.1\r\n${authorization}Connection: close\r\n\r\n`)
  })

function parse(answer: string): { status: number; body: string } | undefined {
  const status = /^HTTP\/1\.\d (\d{3})/.exec(answer)?.[1]
  const end = answer.indexOf('\r\n\r\n')
  return status === undefined ? undefined : { status: Number(status), body: end < 0 ? '' : answer.slice(end + 4) }
}
