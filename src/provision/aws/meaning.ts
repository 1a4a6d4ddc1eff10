import type { ErrorCode } from '../../errors/codes.js'
import type { StackFailure } from '../../ports.js'

/** What a refusal of AWS means for a user who wants a machine. */
export interface Meaning {
  readonly code: ErrorCode
  /** What happened, in which region, and what was tried or needed. */
  readonly text: (failure: Refused) => string
  /** Most likely first. */
  readonly advice: (failure: Refused) => readonly [string, ...string[]]
}

export interface Refused extends StackFailure {
  /** What the encoded part of a denial says, where AWS decoded it: JSON text. */
  readonly decoded?: string | undefined
}
