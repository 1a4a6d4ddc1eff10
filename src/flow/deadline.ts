import { LabosError } from '../errors/labos-error.js'
import type { Clock } from '../ports.js'
import { formatDuration } from '../ui/format.js'

/** Runs `work` with a signal that also aborts after `ms` (undefined = never). The reason is then `deadline.passed`. */
export async function withDeadline<T>(
  ms: number | undefined,
  clock: Clock,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  if (ms === undefined) return work(signal)
  const late = new AbortController()
  const over = new AbortController()
  clock.sleep(ms, over.signal).then(
    () => late.abort(passed(ms)),
    () => undefined,
  )
  try {
    return await work(AbortSignal.any([signal, late.signal]))
  } finally {
    over.abort()
  }
}

const passed = (ms: number): LabosError =>
  new LabosError('deadline.passed', `It was not up after ${formatDuration(ms)} (--timeout).`, {
    suggestions: ['Run the same command again: it goes on where it stopped.', 'Or give it longer: `--timeout 1h`.'],
  })
