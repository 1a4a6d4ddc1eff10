/** The engine's last words, kept for a diagnosis. */
import type { LogRule } from '../engines/engine.js'
import { diagnose } from './diagnose.js'

const KEPT_LINES = 400

export interface EngineLog {
  add(line: string): void
  /** Forgets what was said: a new process speaks. */
  clear(): void
  /** Why it failed, as far as the rules know; else its last line. */
  explain(rules: readonly LogRule[]): string
}

export function engineLog(): EngineLog {
  let lines: string[] = []
  return {
    add: (line) => {
      lines.push(line)
      // The first lines hold the first cause, so the middle is what is given up.
      if (lines.length > KEPT_LINES) lines = [...lines.slice(0, KEPT_LINES / 2), ...lines.slice(-KEPT_LINES / 2)]
    },
    clear: () => {
      lines = []
    },
    explain: (rules) => {
      const found = diagnose(rules, lines)
      if (found) return `${found.cause}: ${found.evidence} ${found.advice}`
      return lines.findLast((line) => line.trim() !== '')?.trim() ?? 'it said nothing'
    },
  }
}
