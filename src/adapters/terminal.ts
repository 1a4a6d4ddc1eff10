import type { ReadStream, WriteStream } from 'node:tty'
import type { TerminalHere } from '../ports.js'

/** Where neither output is a terminal. */
const USUAL = { columns: 80, rows: 24 }

/** The terminal of this process. `stdin` need not be one: nothing is done to it then. `screen`: the first output that is one. */
export function terminalHere(
  stdin: Pick<ReadStream, 'isTTY' | 'setRawMode'>,
  screen: Pick<WriteStream, 'columns' | 'rows' | 'on' | 'off'> | undefined,
  kind = 'xterm-256color',
): TerminalHere {
  return {
    kind,
    // A terminal that does not know its size says 0.
    size: () => ({ columns: screen?.columns || USUAL.columns, rows: screen?.rows || USUAL.rows }),
    onResize: (listener) => {
      screen?.on('resize', listener)
      return () => void screen?.off('resize', listener)
    },
    raw: () => {
      if (!stdin.isTTY) return () => undefined
      stdin.setRawMode(true)
      return () => void stdin.setRawMode(false)
    },
  }
}
