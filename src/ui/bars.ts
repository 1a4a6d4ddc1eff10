/** Horizontal bars for a terminal. */
import type { Paint } from './paint.js'
import type { Line } from './text.js'

export interface Bar {
  readonly label: string
  /** Null is shown as `-`, without a bar. */
  readonly value: number | null
  /** Drawn so that it is found at once, with or without colour. */
  readonly isOwn: boolean
}

export interface BarStyle {
  /** Columns of the widest line. */
  readonly width: number
  readonly decimals: number
  /** Full cell, then cells of falling eighths where the terminal has them. */
  readonly cells: readonly [string, ...string[]]
  readonly paint: Paint
}

export const blockCells = ['█', '▉', '▊', '▋', '▌', '▍', '▎', '▏'] as const
export const asciiCells = ['#'] as const

const LABEL = 16
const VALUE = 5

/** One line a bar, the largest first. Bars begin at 0 and the largest value fills the width. */
export function barLines(bars: readonly Bar[], { width, decimals, cells, paint }: BarStyle): Line[] {
  const room = width - LABEL - VALUE - 4 // two for the mark, one before and one behind the value
  const largest = Math.max(0, ...bars.map(({ value }) => value ?? 0))
  return [...bars]
    .sort((a, b) => (b.value ?? -1) - (a.value ?? -1))
    .map(({ label, value, isOwn }) => {
      const drawn = drawBar(largest > 0 && value !== null ? (value / largest) * room : 0, cells)
      const number = value === null ? '-' : value.toFixed(decimals)
      const head = `${isOwn ? '>' : ' '} ${label.padEnd(LABEL)} ${number.padStart(VALUE)}`
      const bar = drawn === '' ? '' : ` ${drawn}`
      const text = isOwn ? paint.bold(paint.cyan(`${head}${bar}`)) : `${head}${bar === '' ? '' : paint.dim(bar)}`
      return { text, columns: head.length + bar.length }
    })
}

/** Whole cells, then one part of a cell; what is above 0 shows at least the smallest part. */
function drawBar(length: number, cells: BarStyle['cells']): string {
  const parts = length > 0 ? Math.max(1, Math.round(length * cells.length)) : 0
  const rest = parts % cells.length
  return cells[0].repeat(Math.floor(parts / cells.length)) + (rest > 0 ? (cells[cells.length - rest] ?? '') : '')
}
