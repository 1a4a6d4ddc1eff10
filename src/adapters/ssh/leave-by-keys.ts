import { Transform, type TransformCallback } from 'node:stream'

const [TILDE, DOT, RETURN, NEWLINE] = [0x7e, 0x2e, 0x0d, 0x0a]

/**
 * What is typed, but for `~.` at the beginning of a line, which calls `onLeave`, as in OpenSSH: the way out of a connection that
 * is dead. `~~` is one `~`.
 */
export function leaveByKeys(onLeave: () => void): Transform {
  let isLineStart = true
  let isTilde = false
  return new Transform({
    transform(piece: Buffer, _encoding, done: TransformCallback): void {
      const passed: number[] = []
      for (const key of piece) {
        if (isTilde && key === DOT) {
          onLeave()
          break
        }
        if (isTilde && key !== TILDE) passed.push(TILDE)
        const isHeld: boolean = isLineStart && !isTilde && key === TILDE
        if (!isHeld) passed.push(key)
        isTilde = isHeld
        isLineStart = key === RETURN || key === NEWLINE || isHeld
      }
      done(null, Buffer.from(passed))
    },
  })
}
