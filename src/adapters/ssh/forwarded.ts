/** A connection to a port of the machine, through the SSH connection. */
import { Duplex } from 'node:stream'
import type { Client, ClientChannel } from 'ssh2'
import type { Life } from './machine.js'

const LOOPBACK = '127.0.0.1'

/** The stream is there at once; what is written waits until the channel is open. Errors surface on it. */
export function forwardTo(client: Client, port: number, life: Life): Duplex {
  const stream = new Forwarded()
  try {
    client.forwardOut(LOOPBACK, 0, LOOPBACK, port, (error, channel) => {
      if (error) stream.destroy(refusal(error, port))
      else stream.attach(channel)
    })
    life.include(stream)
  } catch {
    stream.destroy(life.why())
  }
  return stream
}

/** Why the machine opens no connection to that port: nobody listens there, mostly. */
function refusal(error: Error, port: number): Error {
  if (!/refused/i.test(error.message)) return error
  const message = `connect ECONNREFUSED ${LOOPBACK}:${String(port)} on the machine`
  return Object.assign(new Error(message, { cause: error }), { code: 'ECONNREFUSED' })
}

/**
 * ssh2's own channel is never `destroyed`, and forgets whoever writes when it is closed; this one is a stream as Node.js means it.
 */
class Forwarded extends Duplex {
  #channel: ClientChannel | undefined
  /** What is to be done when the channel is open. */
  #waiting: (() => void) | undefined
  #writing: (() => void) | undefined
  #isGone = false

  constructor() {
    super({ allowHalfOpen: false })
  }

  attach(channel: ClientChannel): void {
    if (this.destroyed) {
      channel.close()
      return
    }
    this.#channel = channel
    channel.on('data', (piece: Buffer) => {
      if (!this.push(piece)) channel.pause()
    })
    channel.on('error', (error: Error) => this.destroy(error))
    channel.on('end', () => this.push(null))
    channel.on('close', () => {
      this.#isGone = true // what came before is still to be read
      this.#writing?.()
    })
    this.#waiting?.()
    this.#waiting = undefined
    this.emit('ready')
  }

  // What an HTTP client asks of any socket. They are matters of the connection below, which has its own.
  setNoDelay(): this {
    return this
  }
  setKeepAlive(): this {
    return this
  }
  setTimeout(): this {
    return this
  }
  ref(): this {
    return this
  }
  unref(): this {
    return this
  }

  override _read(): void {
    this.#channel?.resume()
  }

  override _write(piece: Buffer, encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    if (this.#isGone) done(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }))
    else if (this.#channel) this.#channel.write(piece, this.#oneWrite(done))
    else this.#waiting = () => this._write(piece, encoding, done)
  }

  #oneWrite(done: () => void): () => void {
    const end = (): void => {
      if (this.#writing !== end) return
      this.#writing = undefined
      done()
    }
    this.#writing = end
    return end
  }

  /** One packet for what waited together: each costs more than its bytes. */
  override _writev(pieces: { chunk: Buffer }[], done: (error?: Error | null) => void): void {
    this._write(Buffer.concat(pieces.map(({ chunk }) => chunk)), 'utf8', done)
  }

  override _final(done: (error?: Error | null) => void): void {
    if (this.#channel) {
      this.#channel.end()
      done()
    } else this.#waiting = () => this._final(done)
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#waiting = undefined
    this.#channel?.close()
    this.#channel?.resume() // what still comes is dropped
    done(error)
  }
}
