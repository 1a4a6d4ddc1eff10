import { describe, expect, it } from 'vitest'
import { asciiCells, barLines, blockCells, type Bar } from '../../../src/ui/bars.js'
import { formatContext, formatCount, formatExact } from '../../../src/ui/counts.js'
import { colour, noColour } from '../../../src/ui/paint.js'
import { bullet, clause, columns, factLines, sideBySide, wrap } from '../../../src/ui/text.js'

const long = 'word '.repeat(40).trim()

describe('counts', () => {
  it.each([
    [0, '0'],
    [999, '999'],
    [1000, '1k'],
    [134_515_008, '135M'],
    [999_900_000, '1B'],
    [2_451_435_008, '2.45B'],
    [15_706_484_224, '15.7B'],
    [20_000_000_000, '20B'],
    [235_741_434_880, '236B'],
    [10_200_000_000_000, '10.2T'],
  ])('%d are %s', (count, text) => expect(formatCount(count)).toBe(text))

  it('of context are thousands of 1024, or exact', () =>
    expect([formatContext(131_072), formatContext(8192), formatContext(4000)]).toEqual(['128K', '8K', '4,000']))

  it('exactly have commas', () =>
    expect([formatExact(7), formatExact(576), formatExact(235_741_434_880)]).toEqual(['7', '576', '235,741,434,880']))
})

describe('text', () => {
  it('takes one sentence into another', () => {
    expect(['It is away.', 'it is away', 'labos 1.2', ''].map(clause)).toEqual([
      'It is away',
      'it is away',
      'labos 1.2',
      '',
    ])
  })

  it('breaks at 80 columns and keeps every word', () => {
    const lines = wrap(long, '  ')
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80)
    expect(lines.map((line) => line.trim()).join(' ')).toBe(long)
    expect(lines.every((line) => line.startsWith('  word'))).toBe(true)
  })

  it('leaves a word that is too long alone on its line', () =>
    expect(wrap(`see ${'x'.repeat(90)} there`)).toEqual(['see', 'x'.repeat(90), 'there']))

  it('of a bullet stands under its first word', () =>
    expect(bullet(long).map((line) => line.slice(0, 5))).toEqual(['  - w', '    w', '    w']))

  it('of a fact stands beside its label', () =>
    expect(
      factLines([
        ['a', 'one'],
        ['label', long],
      ]).map((line) => line.slice(0, 13)),
    ).toEqual(['  a      one', '  label  word', '         word', '         word']))

  it('in columns is aligned, numbers to the right', () =>
    expect(columns([['name', 'n'], ['a', '100'], ['long name']], [1])).toEqual([
      'name         n',
      'a          100',
      'long name',
    ]))

  it('stands side by side whatever the blocks hold', () => {
    const block = (...texts: string[]): { text: string; columns: number }[] =>
      texts.map((text) => ({ text, columns: text.length }))
    expect(sideBySide([block('a', 'bb'), block('c'), block('d')], 4)).toEqual(['a   c', 'bb', '', 'd'])
    expect(sideBySide([block('a'), block('c', 'e')], 4)).toEqual(['a   c', '    e'])
  })
})

describe('bars', () => {
  const bar = (label: string, value: number | null, isOwn = false): Bar => ({ label, value, isOwn })
  const style = { width: 45, decimals: 1, cells: asciiCells, paint: noColour } // leaves 20 columns for a bar
  const bars = [bar('half', 5), bar('all', 10, true), bar('none', 0), bar('unknown', null)]

  it('are sorted, begin in one column and are as long as their values', () =>
    expect(barLines(bars, style).map(({ text }) => text)).toEqual([
      '> all               10.0 ####################',
      '  half               5.0 ##########',
      '  none               0.0',
      '  unknown              -',
    ]))

  it('of blocks show parts of a cell', () => {
    const texts = barLines([bar('a', 16), bar('b', 0.1), bar('c', 8.5)], { ...style, cells: blockCells })
    const drawn = texts.map(({ text }) => text.slice(25))
    expect(drawn).toEqual(['█'.repeat(20), `${'█'.repeat(10)}▋`, '▏'])
  })

  it('say how wide they are, colour or not', () => {
    const plain = barLines(bars, style)
    const painted = barLines(bars, { ...style, paint: colour })
    expect(plain.every(({ text, columns: taken }) => text.length === taken)).toBe(true)
    expect(painted.map((line) => line.columns)).toEqual(plain.map((line) => line.columns))
    expect(painted[0]?.text).toContain('\u001B[36m')
  })

  it('of nothing but zeros are empty', () =>
    expect(barLines([bar('a', 0)], style).map(({ text }) => text)).toEqual(['  a                  0.0']))
})
