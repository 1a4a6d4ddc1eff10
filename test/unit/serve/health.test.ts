import { Duplex } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { get, type HealthQuestion } from '../../../src/serve/health.js'
import { fakeClock } from '../../fakes/clock.js'

describe('a health check', () => {
  interface Line {
    readonly socket: Duplex
    readonly sent: string[]
  }

  /** A connection whose other end says this, in pieces; it hangs up unless told to stay. */
  function line(pieces: readonly (string | Buffer)[], stays = false): Line {
    const sent: string[] = []
    const socket = new Duplex({
      allowHalfOpen: false,
      read: () => undefined,
      write: (piece: Buffer, _encoding, done) => {
        sent.push(piece.toString())
        done()
        for (const said of pieces) socket.push(said)
        if (!stays) socket.push(null)
      },
    })
    return { socket, sent }
  }

  const asked = (socket: Duplex, more: Partial<HealthQuestion> = {}): ReturnType<typeof get> =>
    get({ dial: () => socket, path: '/health', timeoutMs: 5000, ...more }, fakeClock())

  it('asks for the path with the key, and hangs up', async () => {
    const { socket, sent } = line(['HTTP/1.1 200 OK\r\nX: y\r\n\r\n{"a"', ':1}'])
    expect(await asked(socket, { path: '/metrics', key: 'sk-engine' })).toEqual({ status: 200, body: '{"a":1}' })
    expect(sent.join('')).toMatch(
      /^GET \/metrics HTTP\/1\.0\r\nHost: 127\.0\.0\.1\r\nAuthorization: Bearer sk-engine\r\n/,
    )
    expect(socket.destroyed).toBe(true)
  })

  it.each([
    ['a refusal', ['HTTP/1.0 503 Busy\r\n\r\nno'], { status: 503, body: 'no' }],
    ['a head alone', ['HTTP/1.1 200 OK'], { status: 200, body: '' }],
    ['what is no HTTP', ['SSH-2.0-OpenSSH\r\n'], undefined],
    ['nothing', [], undefined],
    ['an answer without end', ['HTTP/1.1 200 OK\r\n\r\n', Buffer.alloc(1_100_000, '1')], undefined],
  ])('takes %s for what it is', async (_what, pieces, expected) => {
    const { socket } = line(pieces)
    expect(await asked(socket)).toEqual(expected)
    expect(socket.destroyed).toBe(true)
  })

  it('knows nothing when the connection fails', async () => {
    const socket = new Duplex({ read: () => undefined, write: (_piece, _encoding, done) => done(new Error('EPIPE')) })
    expect(await asked(socket)).toBeUndefined()
  })

  it('knows nothing when the answer does not end in time', async () => {
    const clock = fakeClock()
    const { socket } = line(['HTTP/1.1 200 OK\r\n\r\n'], true)
    let answer: unknown = 'none yet'
    const asking = get({ dial: () => socket, path: '/health', timeoutMs: 5000 }, clock).then((it) => (answer = it))
    await clock.advance(4999)
    expect(answer).toBe('none yet')
    await clock.advance(1)
    await asking
    expect([answer, socket.destroyed, clock.sleepers]).toEqual([undefined, true, 0])
  })
})
