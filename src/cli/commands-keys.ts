/** Whose the keys of the terminal are while a command of the user's runs in it. */

/** The events of `process` that this needs. */
interface QuitSource {
  on(event: 'SIGQUIT', listener: () => void): unknown
  off(event: 'SIGQUIT', listener: () => void): unknown
}

export interface CommandsKeys {
  /** The command runs from here on. */
  begin(): void
  end(): void
  /** True for a signal that is the command's alone. */
  areTheirs(name: NodeJS.Signals): boolean
}

/** Pressed so often in so short a time, Ctrl-C is meant for us: the command does not listen. */
const OFTEN = 3
const SHORT_MS = 2000

/**
 * The terminal sends its Ctrl-C and Ctrl-\ to the command itself: what it makes of them is its own business, a chat goes on
 * with them, for example. We go on until it has ended.
 */
export function commandsKeys(source: QuitSource, nowMs: () => number): CommandsKeys {
  let isRunning = false
  let pressedMs: number[] = []
  const stay = (): void => undefined
  return {
    begin: () => {
      isRunning = true
      source.on('SIGQUIT', stay)
    },
    end: () => {
      isRunning = false
      source.off('SIGQUIT', stay)
    },
    areTheirs: (name) => {
      if (!isRunning || name !== 'SIGINT') return false
      pressedMs = [...pressedMs, nowMs()].slice(-OFTEN)
      const [first = 0] = pressedMs
      return pressedMs.length < OFTEN || nowMs() - first > SHORT_MS
    },
  }
}
