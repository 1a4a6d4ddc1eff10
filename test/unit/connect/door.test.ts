import { createServer, type Server, type Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { askKeeper } from '../../../src/connect/door.js'

interface FakeKeeper {
  readonly port: number
  /** What was asked, head and all. */
  readonly asked: string[]
  readonly sockets: Socket[]
}

const servers: Server[] = []
const open: Socket[] = []

afterEach(async () => {
  for (const socket of open.splice(0)) socket.destroy()
  for (const server of servers.splice(0)) await new Promise((resolve) => server.close(resolve))
})

/** A keeper that answers each question with these bytes; without any, it stays silent. */
async function fakeKeeper(answer: (socket: Socket) => void): Promise<FakeKeeper> {
  const asked: string[] = []
  const sockets: Socket[] = []
  const server = createServer((socket) => {
    sockets.push(socket)
    open.push(socket)
    socket.on('error', () => undefined)
    socket.once('data', (piece) => {
      asked.push(String(piece))
      answer(socket)
    })
  })
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the server has no port')
  return { port: address.port, asked, sockets }
}

const ask = (port: number, timeoutMs = 5000): Promise<unknown> =>
  askKeeper({ port, key: 'sk-lab', method: 'GET', path: '/labos/status', timeoutMs })

const saying = (text: string | Buffer) => (socket: Socket) => void socket.end(text)

describe('askKeeper', () => {
  it('asks as HTTP with the key, and resolves to the JSON answer', async () => {
    const { port, asked } = await fakeKeeper(saying('HTTP/1.1 200 OK\r\nContent-Length: 14\r\n\r\n{"fine": true}'))
    expect(await ask(port)).toEqual({ fine: true })
    expect(asked).toEqual([
      [
        'GET /labos/status HTTP/1.0',
        `Host: 127.0.0.1:${String(port)}`,
        'Authorization: Bearer sk-lab',
        'Content-Length: 0',
        '',
        '',
      ].join('\r\n'),
    ])
  })

  it('takes any 2xx, and an answer in pieces that cut a character', async () => {
    const bytes = Buffer.from('HTTP/1.1 202 Accepted\r\n\r\n{"name":"Müller"}')
    const cut = bytes.indexOf('ü') + 1
    const { port } = await fakeKeeper((socket) => {
      socket.write(bytes.subarray(0, cut), () => setImmediate(() => socket.end(bytes.subarray(cut))))
    })
    expect(await ask(port)).toEqual({ name: 'Müller' })
  })

  it.each([
    ['an empty body', 'HTTP/1.1 204 No Content\r\n\r\n'],
    ['a body that is no JSON', 'HTTP/1.1 200 OK\r\n\r\n<html>'],
    ['no body at all', 'HTTP/1.1 200 OK'],
  ])('resolves to undefined for %s', async (_what, text) => {
    const { port } = await fakeKeeper(saying(text))
    expect(await ask(port)).toBeUndefined()
  })

  it.each([
    ['another key', 'HTTP/1.1 401 Unauthorized\r\n\r\n{}', 'HTTP 401'],
    ['a fault', 'HTTP/1.1 500 Internal Server Error\r\n\r\n{}', 'HTTP 500'],
    ['a redirect', 'HTTP/1.1 302 Found\r\n\r\n', 'HTTP 302'],
    ['what is no HTTP', 'SSH-2.0-OpenSSH_9.6\r\n', 'HTTP 0'],
    ['nothing', '', 'HTTP 0'],
  ])('rejects when the answer is %s', async (_what, text, why) => {
    const { port } = await fakeKeeper(saying(text))
    await expect(ask(port)).rejects.toThrow(why)
  })

  it('rejects when nobody listens', async () => {
    const { port } = await fakeKeeper(saying(''))
    for (const server of servers.splice(0)) await new Promise((resolve) => server.close(resolve))
    await expect(ask(port)).rejects.toThrow('ECONNREFUSED')
  })

  it('rejects when the keeper dies before it answers', async () => {
    const { port } = await fakeKeeper((socket) => socket.resetAndDestroy())
    await expect(ask(port)).rejects.toThrow('ECONNRESET')
  })

  it('rejects when there is no answer in time, and hangs up', async () => {
    const keeper = await fakeKeeper(() => undefined)
    await expect(ask(keeper.port, 20)).rejects.toThrow('no answer within 20 ms')
    const [socket] = keeper.sockets
    if (socket && !socket.closed) await new Promise((resolve) => socket.once('close', resolve))
    expect(socket?.destroyed).toBe(true)
  })

  it('rejects an answer without end', async () => {
    const { port } = await fakeKeeper((socket) => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n')
      socket.write(Buffer.alloc(1_100_000, '1'))
    })
    await expect(ask(port)).rejects.toThrow('the answer is too long')
  })
})
