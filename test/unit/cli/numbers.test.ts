import { describe, expect, it } from 'vitest'
import { parseTokens, parseUsd } from '../../../src/cli/numbers.js'

describe('a context length', () => {
  it.each([
    ['65536', 65_536],
    ['64k', 65_536],
    [' 128K ', 131_072],
    ['256', 256],
  ])('%j is %d tokens', (text, tokens) => expect(parseTokens(text)).toBe(tokens))

  it.each(['', '0', '255', '-1', '1e9', '64kb', '1.5k', '99999999k', 'NaN'])('%j is refused', (text) =>
    expect(() => parseTokens(text)).toThrow(expect.objectContaining({ code: 'usage.value' })),
  )
})

describe('an amount of US dollars', () => {
  it.each([
    ['1.5', 1.5],
    ['$2', 2],
    ['0.01', 0.01],
  ])('%j is %d', (text, usd) => expect(parseUsd(text)).toBe(usd))

  it.each(['', '0', '-1', '1e9', '100001', 'ten', '1,5', 'Infinity'])('%j is refused', (text) =>
    expect(() => parseUsd(text)).toThrow(expect.objectContaining({ code: 'usage.value' })),
  )
})
