import { Transform, type TransformCallback } from 'node:stream'
import { toldPid } from './command-line.js'

/** A line that may still become the one that tells it; longer ones never do. */
const LONGEST = 64

export interface TakenPid {
  /** stderr of a command (`commandLine`), without the line that tells its process. All else passes as it comes. */
  readonly stream: Transform
  /** The process; undefined until it was told. */
  pid(): string | undefined
}

export function takePid(): TakenPid {
  let pid: string | undefined
  let held = Buffer.alloc(0)
  const stream = new Transform({
    transform(piece: Buffer, _encoding, done: TransformCallback): void {
      if (pid !== undefined) return done(null, piece)
      held = Buffer.concat([held, piece])
      for (let end = held.indexOf('\n'); end >= 0 && pid === undefined; end = held.indexOf('\n')) {
        pid = toldPid(held.toString('latin1', 0, end))
        // A shell that greets on stderr is heard before.
        if (pid === undefined) stream.push(held.subarray(0, end + 1))
        held = held.subarray(end + 1)
      }
      if (pid === undefined && held.length <= LONGEST) return done()
      const rest = held
      held = Buffer.alloc(0)
      done(null, rest)
    },
    flush(done: TransformCallback): void {
      done(null, held)
    },
  })
  return { stream, pid: () => pid }
}
