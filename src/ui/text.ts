/** Text laid out for a fixed width. Widths are counted in characters; none of it may be wider than one column. */
import { stripVTControlCharacters } from 'node:util'

export const WIDTH = 80

/**
 * Breaks at spaces. `lead` goes before the first line, `hang` before the others; a word too long for a line stands alone.
 * Colour codes take no room.
 */
export function wrap(text: string, lead = '', hang = lead): string[] {
  const lines: string[] = []
  let line = lead
  let isEmpty = true
  for (const word of text.split(' ')) {
    if (!isEmpty && columnsOf(line) + 1 + columnsOf(word) > WIDTH) {
      lines.push(line)
      line = `${hang}${word}`
    } else line = isEmpty ? `${line}${word}` : `${line} ${word}`
    isEmpty = false
  }
  return [...lines, line]
}

const columnsOf = (text: string): number => stripVTControlCharacters(text).length

/** A sentence as part of another: without its full stop. */
export const clause = (sentence: string): string => sentence.replace(/\.$/, '')

/** `  - text`, the lines below the first standing under its first word. */
export const bullet = (text: string): string[] => wrap(text, '  - ', '    ')

/** Label and text in two columns, the text wrapped under itself. */
export function factLines(pairs: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(0, ...pairs.map(([label]) => label.length))
  return pairs.flatMap(([label, text]) => wrap(text, `  ${label.padEnd(width)}  `, ' '.repeat(width + 4)))
}

/** Columns with two spaces between; those named in `right` are flush right. Lines have no spaces at the end. */
export function columns(table: readonly (readonly string[])[], right: readonly number[] = []): string[] {
  const count = Math.max(0, ...table.map((row) => row.length))
  const widths = Array.from({ length: count }, (_, column) => Math.max(...table.map((row) => row[column]?.length ?? 0)))
  const cell = (text: string, column: number): string =>
    right.includes(column) ? text.padStart(widths[column] ?? 0) : text.padEnd(widths[column] ?? 0)
  return table.map((row) => row.map(cell).join('  ').trimEnd())
}

/** A line with the columns it takes: colour codes take none. */
export interface Line {
  readonly text: string
  readonly columns: number
}

/** Blocks of lines in two columns, the right one beginning after `leftWidth`. */
export function sideBySide(blocks: readonly (readonly Line[])[], leftWidth: number): string[] {
  const lines: string[] = []
  for (let index = 0; index < blocks.length; index += 2) {
    const [left = [], right = []] = blocks.slice(index, index + 2)
    if (index > 0) lines.push('')
    for (let row = 0; row < Math.max(left.length, right.length); row += 1) {
      const { text, columns: taken } = left[row] ?? { text: '', columns: 0 }
      const other = right[row]
      lines.push(other === undefined ? text : `${text}${' '.repeat(Math.max(0, leftWidth - taken))}${other.text}`)
    }
  }
  return lines
}
