import { LabosError } from '../errors/labos-error.js'

/** All of stdin as text. Throws `input.needed` when it is a terminal or empty. */
export async function readStdin(): Promise<string> {
  const pieces: Buffer[] = []
  if (!process.stdin.isTTY) for await (const piece of process.stdin) pieces.push(piece as Buffer)
  const text = Buffer.concat(pieces).toString('utf8').trim()
  if (text !== '') return text
  throw new LabosError('input.needed', 'There is no message: none is named and stdin is empty.', {
    suggestions: ['Say it: `labos chat "Hello"`.', 'Or pipe it: `echo Hello | labos chat`.'],
  })
}
