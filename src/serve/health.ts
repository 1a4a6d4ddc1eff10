/** One GET over a connection of its own: what health checks and counters need, and no more. */
import type { Duplex } from 'node:stream'
import { systemCode } from '../errors/from-system.js'
import type { Clock } from '../ports.js'

export interface HealthQuestion {
  dial(): Duplex
  readonly path: string
  readonly key?: string
  readonly timeoutMs: number
  /** No answer is waited for any more when it aborts. */
  readonly signal?: AbortSignal
}

const LARGEST_BYTES = 1_000_000

interface Answer {
  readonly status: number
  readonly body: string
}

/** The answer's status and body, or undefined when there is none in time. Never rejects. */
export async function get(question: HealthQuestion, clock: Clock): Promise<Answer | undefined> {
  const answer = await ask(question, clock)
  return typeof answer === 'string' ? undefined : answer
}

/** The same, but tells `refused`, where nobody listens, from no answer in time. */
export async function ask(
  { dial, path, key, timeoutMs, signal }: HealthQuestion,
  clock: Clock,
): Promise<Answer | 'refused' | 'silent'> {
  const socket = dial()
  const over = new AbortController()
  try {
    const either = signal ? AbortSignal.any([over.signal, signal]) : over.signal
    const late = clock.sleep(timeoutMs, either).then(() => 'silent' as const)
    return (await Promise.race([exchange(socket, path, key), late])) ?? 'silent'
  } catch (error) {
    return systemCode(error) === 'ECONNREFUSED' ? 'refused' : 'silent'
  } finally {
    over.abort()
    socket.destroy()
  }
}

const exchange = (socket: Duplex, path: string, key: string | undefined): Promise<Answer | undefined> =>
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

function parse(answer: string): Answer | undefined {
  const status = /^HTTP\/1\.\d (\d{3})/.exec(answer)?.[1]
  const end = answer.indexOf('\r\n\r\n')
  return status === undefined ? undefined : { status: Number(status), body: end < 0 ? '' : answer.slice(end + 4) }
}
