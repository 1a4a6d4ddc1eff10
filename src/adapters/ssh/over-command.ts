/** The standard input and output of a command as a stream. */
import { spawn } from 'node:child_process'
import { Duplex } from 'node:stream'

/** How much of what it says on stderr is kept. */
const WORDS_MOST = 2000

/**
 * Of a line for the shell. Ends with the command; where that fails, with an error of its last words. Destroyed, it ends the
 * command.
 */
export function overCommand(line: string): Duplex {
  // As OpenSSH does: the shell becomes the command, and is what a signal reaches.
  const posix = process.platform === 'win32' ? line : `exec ${line}`
  const child = spawn(posix, { shell: true, stdio: 'pipe', windowsHide: true })
  const { stdin, stdout, stderr } = child
  let words = ''
  const stream = new Duplex({
    allowHalfOpen: false,
    read: () => void stdout.resume(),
    // What cannot be written was not read: why, the command's own end says.
    write: (chunk, _encoding, done) => void stdin.write(chunk, () => done()),
    writev: (chunks, done) => void stdin.write(Buffer.concat(chunks.map(({ chunk }) => chunk as Buffer)), () => done()),
    final: (done) => void stdin.end(() => done()),
    destroy: (error, done) => {
      child.kill()
      done(error)
    },
  })
  stdout.on('data', (piece: Buffer) => {
    if (!stream.push(piece)) stdout.pause()
  })
  stderr.setEncoding('utf8').on('data', (piece: string) => (words = (words + piece).slice(-WORDS_MOST)))
  stdin.on('error', () => undefined)
  child.once('error', (error) => stream.destroy(error))
  child.once('close', (exitCode) => {
    const last = words.trim().split('\n').at(-1)?.trim() ?? ''
    if (exitCode === 0) stream.push(null)
    else stream.destroy(new Error(last === '' ? `it ended with ${String(exitCode ?? 'a signal')}` : last))
  })
  return stream
}
