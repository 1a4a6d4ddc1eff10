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

/** The first signal aborts, so that a flow stops safely and cleans up. The second leaves at once with exit 130. */
export function onInterrupt(
  source: SignalSource,
  lastWords: LastWords = '',
): { readonly signal: AbortSignal; release(): void } {
  const controller = new AbortController()
  const listener = (name: NodeJS.Signals): void => {
    if (controller.signal.aborted) {
      const words = typeof lastWords === 'string' ? lastWords : lastWords()
      if (words !== '') source.stderr.write(`${words}\n`)
      source.exit(130)
    }
    source.stderr.write(`\n${name === 'SIGINT' ? 'Ctrl-C' : name}: stopping safely; once more leaves at once.\n`)
    controller.abort(interrupted(name === 'SIGINT' ? 'Ctrl-C' : name))
  }
  for (const name of NAMES) source.on(name, listener)
  return { signal: controller.signal, release: () => NAMES.forEach((name) => source.off(name, listener)) }
}
