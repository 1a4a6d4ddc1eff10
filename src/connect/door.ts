/** The client's side of the keeper's control door. On the fast path of `labos ps`: node:net alone, HTTP/1.0 by hand. */
import { connect } from 'node:net'
import type { AskKeeper } from '../ports.js'

const LARGEST_ANSWER_BYTES = 1_000_000

/** Asks and resolves to the JSON answer. Rejects when nobody answers in time, or with anything but a 2xx. */
export const askKeeper: AskKeeper = ({ port, key, method, path, timeoutMs }) =>
  new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1' })
    let answer = ''
    const fail = (why: string): void => {
      socket.destroy()
      reject(new Error(why))
    }
    socket.setEncoding('utf8')
    // Timers run before what has arrived is read: on a busy computer the answer may be there.
    socket.setTimeout(timeoutMs, () => setImmediate(() => fail(`no answer within ${String(timeoutMs)} ms`)))
    socket.once('error', (error) => fail(error.message))
    socket.once('connect', () => socket.write(request(port, key, method, path)))
    socket.on('data', (piece: string) => {
      answer += piece
      if (answer.length > LARGEST_ANSWER_BYTES) fail('the answer is too long')
    })
    socket.once('end', () => {
      const [head, body] = split(answer)
      const status = Number(/^HTTP\/1\.\d (\d{3})/.exec(head)?.[1] ?? 0)
      if (status < 200 || status > 299) fail(`HTTP ${String(status)}`)
      else {
        socket.destroy()
        resolve(parse(body))
      }
    })
  })

const request = (port: number, key: string, method: string, path: string): string =>
  [
    `${method} ${path} HTTP/1.0`,
    `Host: 127.0.0.1:${String(port)}`,
    `Authorization: Bearer ${key}`,
    'Content-Length: 0',
    '',
    '',
  ].join('\r\n')

function split(answer: string): [string, string] {
  const end = answer.indexOf('\r\n\r\n')
  return end < 0 ? [answer, ''] : [answer.slice(0, end), answer.slice(end + 4)]
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    return undefined
  }
}
