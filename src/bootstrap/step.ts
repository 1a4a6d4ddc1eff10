import { LabosError } from '../errors/labos-error.js'
import type { StepName } from '../ui/events.js'
import type { BootstrapDeps } from './deps.js'

export interface StepResult<T> {
  readonly value: T
  /** What the finished phase says, for example `xllamacpp 2026.10.11549, 34 MB in 2.1 s`. */
  readonly text: string
}

/** Runs one phase between its `start` and its `done` or `failed`. An aborted phase just ends: whoever aborted it speaks. */
export async function inStep<T>(
  step: StepName,
  text: string,
  { clock, emit }: Pick<BootstrapDeps, 'clock' | 'emit'>,
  signal: AbortSignal,
  work: () => Promise<StepResult<T>>,
): Promise<T> {
  signal.throwIfAborted()
  const sinceMs = clock.monotonicMs()
  emit({ type: 'start', step, text })
  try {
    const result = await work()
    emit({ type: 'done', step, text: result.text, elapsedMs: clock.monotonicMs() - sinceMs })
    return result.value
  } catch (error) {
    if (error instanceof LabosError && !signal.aborted) emit({ type: 'failed', step, error: error.toJSON() })
    throw error
  }
}
