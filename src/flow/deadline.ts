import { inTime } from '../errors/in-time.js'
import { LabosError } from '../errors/labos-error.js'
import type { Clock } from '../ports.js'
import { formatDuration } from '../ui/format.js'

/** Runs `work` with a signal that also aborts after `ms` (undefined = never). The reason is then `deadline.passed`. */
export const withDeadline = <T>(
  ms: number | undefined,
  clock: Clock,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> => (ms === undefined ? work(signal) : inTime(ms, () => passed(ms), clock, signal, work))

const passed = (ms: number): LabosError =>
  new LabosError('deadline.passed', `It was not up after ${formatDuration(ms)} (--timeout).`, {
    suggestions: ['Run the same command again: it goes on where it stopped.', 'Or give it longer: `--timeout 1h`.'],
  })
