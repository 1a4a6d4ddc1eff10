import { docOf, exitOf, type ErrorCode } from './codes.js'

export interface LabosErrorOptions {
  /** What to do next, at least one line, most likely first. A command to type goes in backquotes. */
  readonly suggestions: readonly [string, ...string[]]
  /** What exists now, for errors after something was created ("The engine was removed again."). */
  readonly aftermath?: string
  readonly cause?: unknown
}

/**
 * The one error class. What happened and why is the message; what to do next are the suggestions.
 * Nothing else hangs on it: secrets and raw responses have no place to be printed from.
 */
export class LabosError extends Error {
  override readonly name = 'LabosError'
  readonly code: ErrorCode
  readonly suggestions: readonly [string, ...string[]]
  readonly aftermath?: string

  constructor(code: ErrorCode, message: string, options: LabosErrorOptions) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.suggestions = options.suggestions
    if (options.aftermath !== undefined) this.aftermath = options.aftermath
  }

  get exit(): number {
    return exitOf(this.code)
  }

  /** The same error with a sentence on what exists now, and with what to do about that where it is something else. */
  withAftermath(aftermath: string, suggestions = this.suggestions): LabosError {
    return new LabosError(this.code, this.message, { suggestions, aftermath, cause: this.cause })
  }

  toJSON(): ErrorJson {
    return {
      code: this.code,
      message: this.message,
      ...(this.aftermath === undefined ? {} : { aftermath: this.aftermath }),
      suggestions: [...this.suggestions],
      docs: docOf(this.code),
      exit: this.exit,
    }
  }
}

export interface ErrorJson {
  code: ErrorCode
  message: string
  aftermath?: string
  suggestions: string[]
  docs: string
  exit: number
}
