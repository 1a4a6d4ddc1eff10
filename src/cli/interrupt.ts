import { interrupted } from '../errors/interrupted.js'

/** The events of `process` that this needs. */
export interface SignalSource {
  on(event: NodeJS.Signals, listener: (name: NodeJS.Signals) => void): unknown
  off(event: NodeJS.Signals, listener: (name: NodeJS.Signals) => void): unknown
  exit(code: number): never
  readonly stderr: { write(text: string): unknown }
}

const NAMES: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP']

/** What is said on the way out: as text, or found out then, without waiting. */
export type LastWords = string | (() => string)

export interface Interrupt {
  readonly signal: AbortSignal
  /** Which signal aborted it. */
  received(): NodeJS.Signals | undefined
  /** As if the first signal had come; `why` says what did. */
  abort(why: string): void
  release(): void
}

export interface InterruptWish {
  /** Monotonic, in milliseconds. */
  readonly nowMs: () => number
  readonly lastWords?: LastWords
  /** Nothing is done for a signal of which this is true. */
  readonly isForOthers?: (name: NodeJS.Signals) => boolean
}

/** Under `npx` one Ctrl-C can arrive twice: npm passes on what the terminal has sent already. */
const SAME_MS = 200

/**
 * The first signal aborts, so that a flow stops safely and cleans up. The same one again leaves at once with exit 130. Another
 * one does not: CI systems that lose patience send SIGTERM after SIGINT, and what can still be cleaned up is.
 */
export function onInterrupt(source: SignalSource, { nowMs, lastWords = '', isForOthers }: InterruptWish): Interrupt {
  const controller = new AbortController()
  const seenMs = new Map<NodeJS.Signals, number>()
  const abort = (why: string): void => {
    if (controller.signal.aborted) return
    source.stderr.write(`\n${why}: stopping safely; once more leaves at once.\n`)
    controller.abort(interrupted(why))
  }
  const listener = (name: NodeJS.Signals): void => {
    if (isForOthers?.(name)) return
    const before = seenMs.get(name)
    if (before === undefined) {
      seenMs.set(name, nowMs())
      abort(name === 'SIGINT' ? 'Ctrl-C' : name)
    } else if (nowMs() - before > SAME_MS) {
      const words = typeof lastWords === 'string' ? lastWords : lastWords()
      if (words !== '') source.stderr.write(`${words}\n`)
      source.exit(130)
    }
  }
  for (const name of NAMES) source.on(name, listener)
  return {
    signal: controller.signal,
    received: () => [...seenMs.keys()][0],
    abort,
    release: () => NAMES.forEach((name) => source.off(name, listener)),
  }
}
