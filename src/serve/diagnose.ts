/** Finds in an engine's log why it failed. */
import type { LogRule } from '../engines/engine.js'

export interface Diagnosis {
  readonly cause: string
  readonly advice: string
  /** What told. */
  readonly evidence: string
}

/** A message may be wrapped over this many lines. */
const WINDOW = 4

/**
 * The first cause wins: what an engine says last is usually that something said before went wrong. A generic rule speaks
 * where no other does.
 */
export const diagnose = (rules: readonly LogRule[], lines: readonly string[]): Diagnosis | undefined =>
  firstCause(
    rules.filter(({ isGeneric = false }) => !isGeneric),
    lines,
  ) ??
  firstCause(
    rules.filter(({ isGeneric = false }) => isGeneric),
    lines,
  )

function firstCause(rules: readonly LogRule[], lines: readonly string[]): Diagnosis | undefined {
  for (const [index, line] of lines.entries()) {
    const joined = lines.slice(index, index + WINDOW).join(' ')
    for (const { cause, pattern, advice } of rules) {
      const match = pattern.exec(joined)
      // A match that begins in a later line is found from there, after causes that stand before it.
      if (match && match.index < Math.max(1, line.length)) {
        return { cause, advice, evidence: (pattern.test(line) ? line : joined).trim() }
      }
    }
  }
  return undefined
}
