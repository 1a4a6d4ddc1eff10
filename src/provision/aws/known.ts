/** What was read, or why it could not be: a fact that is missing blocks nothing. */
import { LabosError } from '../../errors/labos-error.js'
import type { Clock } from '../../ports.js'

export type Known<T> =
  | { readonly known: true; readonly value: T }
  /** `error`: what `why` is the message of. */
  | { readonly known: false; readonly why: string; readonly error: LabosError }

/** What no fact can be right with. */
const FATAL: ReadonlySet<string> = new Set(['aws.credentials', 'aws.region'])

export interface Reading {
  readonly clock: Clock
  /** For each read. */
  readonly deadlineMs: number
}

/**
 * One read with its deadline. What is refused, unreachable or late is unknown. Throws `aws.credentials`, `aws.region`,
 * the signal's reason, and what is wrong with labos.
 */
export async function read<T>(
  work: (signal: AbortSignal) => Promise<T>,
  { clock, deadlineMs }: Reading,
  signal: AbortSignal,
): Promise<Known<T>> {
  const late = new AbortController()
  const done = new AbortController()
  const alarm = clock.sleep(deadlineMs, AbortSignal.any([signal, done.signal])).then(() => {
    late.abort()
    throw tooLate(deadlineMs)
  })
  try {
    return { known: true, value: await Promise.race([work(AbortSignal.any([signal, late.signal])), alarm]) }
  } catch (error) {
    signal.throwIfAborted()
    if (late.signal.aborted) return unknown(tooLate(deadlineMs))
    if (!(error instanceof LabosError) || FATAL.has(error.code)) throw error
    return unknown(error)
  } finally {
    done.abort()
    alarm.catch(() => undefined)
  }
}

const unknown = (error: LabosError): { known: false; why: string; error: LabosError } => ({
  known: false,
  why: error.message,
  error,
})

const tooLate = (deadlineMs: number): LabosError =>
  new LabosError('aws.unreachable', `AWS does not answer within ${String(deadlineMs / 1000)} s.`, {
    suggestions: ['Check the connection, and run the same command again.'],
  })

export const valueOf = <T>(fact: Known<T>): T | undefined => (fact.known ? fact.value : undefined)
