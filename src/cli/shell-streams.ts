/** Where a command on a machine reads and writes here. */
import { Writable } from 'node:stream'
import { terminalHere } from '../adapters/terminal.js'
import type { AttachedCommand } from '../ports.js'
import type { Env } from './env.js'

/** This process's own streams. */
export function ownStreams(hasTerminal: boolean, env: Env): Omit<AttachedCommand, 'argv'> {
  const { stdin, stdout, stderr } = process
  if (!hasTerminal) return { stdin, stdout, stderr }
  const screen = [stdout, stderr].find(({ isTTY }) => isTTY)
  return { stdin, stdout, stderr, terminal: terminalHere(stdin, screen, env['TERM']) }
}

export interface Captured {
  readonly streams: Omit<AttachedCommand, 'argv'>
  /** What was written until now. */
  written(): { readonly stdout: string; readonly stderr: string }
}

/** What the command writes is kept. */
export function capturedStreams(): Captured {
  const [stdout, stderr] = [kept(), kept()]
  return {
    streams: { stdin: process.stdin, stdout: stdout.stream, stderr: stderr.stream },
    written: () => ({ stdout: stdout.text(), stderr: stderr.text() }),
  }
}

function kept(): { readonly stream: Writable; text(): string } {
  const pieces: Buffer[] = []
  const stream = new Writable({
    write(piece: Buffer, _encoding, done): void {
      pieces.push(piece)
      done()
    },
  })
  return { stream, text: () => Buffer.concat(pieces).toString('utf8') }
}
