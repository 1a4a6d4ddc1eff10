import { expect, it } from 'vitest'
import { commandLineOf } from '../../../src/cli/shell-lines.js'
import { shellWish } from '../../../src/cli/shell-wish.js'

const plain = { pty: false, json: false }

it('is a shell where somebody can type, and a command anywhere', () => {
  expect(shellWish(undefined, plain, true)).toEqual({ hasTerminal: true })
  expect(shellWish(['top'], plain, true)).toEqual({ argv: ['top'], hasTerminal: false })
  expect(shellWish(['top', '-b'], { ...plain, pty: true }, false)).toEqual({ argv: ['top', '-b'], hasTerminal: true })
})

it.each([
  ['a shell without a terminal', [], plain, false],
  ['a shell as JSON', undefined, { pty: false, json: true }, true],
  ['a terminal as JSON', ['top'], { pty: true, json: true }, true],
])('refuses %s', (_what, command, flags, isTyped) => {
  expect(() => shellWish(command, flags, isTyped)).toThrow(expect.objectContaining({ code: 'usage.flags' }) as Error)
})

it('is printed for a shell to read', () => {
  expect(commandLineOf(['ssh', "it's", 'a b'])).toBe(`ssh 'it'\\''s' 'a b'`)
})
