import { expect, it } from 'vitest'
import { commandLineOf } from '../../../src/cli/shell-lines.js'
import { hintAt, shellWish } from '../../../src/cli/shell-wish.js'

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

it('says how a whole line is run where nothing has its name', () => {
  expect(hintAt(127, ['df -h | tail'])).toContain(`labos ssh -- sh -c 'df -h | tail'`)
  expect([hintAt(127, ['nvidia-smi']), hintAt(127, ['a b', 'c']), hintAt(1, ['a b']), hintAt(127, undefined)]).toEqual([
    undefined,
    undefined,
    undefined,
    undefined,
  ])
})

it('is printed for a shell to read', () => {
  expect(commandLineOf(['ssh', "it's", 'a b'])).toBe(`ssh 'it'\\''s' 'a b'`)
})
