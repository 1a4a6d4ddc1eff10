import { LabosError } from '../errors/labos-error.js'

export interface Cursor {
  readonly prefix: string
  readonly suffix: string
}

/**
 * Cuts a file at a place. Lines and columns count from 1; without a column the place is the end of the line.
 * Column N is before the Nth character. Throws `usage.value` for a place outside the file.
 */
export function cutAt(text: string, line: number, column?: number): Cursor {
  const lines = text.split('\n')
  const content = lines[line - 1]
  if (content === undefined || line < 1) {
    throw new LabosError(
      'usage.value',
      `Line ${String(line)} is outside the file: it has ${String(lines.length)} lines.`,
      { suggestions: [`Use --line 1 to --line ${String(lines.length)}.`] },
    )
  }
  const visible = content.endsWith('\r') ? content.length - 1 : content.length
  if (column !== undefined && (column < 1 || column > visible + 1)) {
    throw new LabosError(
      'usage.value',
      `Column ${String(column)} is outside line ${String(line)}: it has ${String(visible)} characters.`,
      { suggestions: [`Use --column 1 to --column ${String(visible + 1)}.`] },
    )
  }
  const before = lines.slice(0, line - 1).reduce((sum, { length }) => sum + length + 1, 0)
  const at = before + (column === undefined ? visible : column - 1)
  return { prefix: text.slice(0, at), suffix: text.slice(at) }
}

/**
 * Keeps the text next to the cursor that a context of `tokens` can hold, with room for the answer: three characters a
 * token, which code rarely undercuts, and three quarters of it before the cursor.
 */
export function fitContext({ prefix, suffix }: Cursor, tokens: number, answerTokens: number): Cursor {
  const characters = Math.max(0, tokens - answerTokens - 64) * 3
  const after = Math.min(suffix.length, Math.max(Math.floor(characters / 4), characters - prefix.length))
  const before = Math.min(prefix.length, characters - after)
  return { prefix: prefix.slice(prefix.length - before), suffix: suffix.slice(0, after) }
}
