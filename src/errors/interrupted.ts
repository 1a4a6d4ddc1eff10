import { LabosError } from './labos-error.js'

/** The reason put on a signal when the user (Ctrl-C) or the system (SIGTERM) ends a command. */
export const interrupted = (by: string): LabosError =>
  new LabosError('interrupted', `Interrupted (${by}).`, {
    suggestions: ['Run the same command again: it goes on with what is there.'],
  })

/** What a step throws when its signal is aborted: the signal's own reason. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw signal.reason
}
