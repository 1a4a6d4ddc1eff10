import { stripVTControlCharacters } from 'node:util'
import { Errors } from '@oclif/core'
import { describe, expect, it } from 'vitest'
import { errorText, toLabosError } from '../../../src/cli/error-text.js'
import { LabosError } from '../../../src/errors/labos-error.js'
import { colour, noColour } from '../../../src/ui/paint.js'

describe('an error of the parser', () => {
  it('is a usage error in one line, without the parser’s own hint', () => {
    const known = toLabosError(new Errors.CLIError('Nonexistent flag: --nope\n\nSee more help with --help'))
    expect(known.toJSON()).toMatchObject({
      code: 'usage.flags',
      exit: 2,
      message: 'There is no flag --nope here.',
      suggestions: ['See what it takes: add `--help`.'],
    })
  })

  it('of several lines becomes one', () => {
    const error = new Errors.CLIError(
      'The following errors occurred:\n  Missing 1 required arg:\n  FILE\nSee more help with --help\n',
    )
    expect(toLabosError(error).message).toBe('Missing 1 required arg: FILE')
  })

  it('keeps what it suggests itself', () => {
    const error = new Errors.CLIError('command upp not found', { suggestions: ['Did you mean up?', ''] })
    expect(toLabosError(error).suggestions).toEqual(['Did you mean up?', 'See what it takes: add `--help`.'])
  })

  it('that says nothing is still told', () => {
    expect(toLabosError(new Errors.CLIError('')).message).toBe('The command line is not understood.')
  })
})

describe('an error of ours', () => {
  it('comes through as it is', () => {
    const error = new LabosError('lab.busy', 'Busy.', { suggestions: ['Wait.'] })
    expect(toLabosError(error)).toBe(error)
  })

  it('thrown while a flag was read loses the parser’s words around it, not the flag', () => {
    const error = new LabosError(
      'usage.value',
      'Parsing --ttl \n\t"soon" is not a length of time.\nSee more help with --help',
      {
        suggestions: ['Use `2h`.'],
      },
    )
    const known = toLabosError(error)
    expect([known.code, known.message, known.suggestions]).toEqual([
      'usage.value',
      '--ttl: "soon" is not a length of time.',
      ['Use `2h`.'],
    ])
  })
})

describe('anything else', () => {
  it.each([
    [new TypeError('x is undefined'), 'labos failed where it must not: x is undefined'],
    ['a string', 'labos failed where it must not: a string'],
    [undefined, 'labos failed where it must not: undefined'],
  ])('thrown, %j, is a fault of labos', (thrown, message) => {
    const known = toLabosError(thrown)
    expect([known.code, known.exit, known.message, known.cause]).toEqual(['bug', 1, message, thrown])
  })

  it.each(['ExitPromptError', 'AbortPromptError'])('called %s is an interruption at a question', (name) => {
    const known = toLabosError(Object.assign(new Error('closed'), { name }))
    expect([known.code, known.exit]).toEqual(['interrupted', 130])
  })
})

describe('the text of an error', () => {
  const error = new LabosError('port.taken', 'Port 1 is in use.', {
    suggestions: ['Use `--port 2`.', 'Or `--port 0`.'],
  })

  it('has no line for an aftermath that there is none of', () => {
    expect(errorText(error, noColour, error, {})).toBe(
      'port.taken  Port 1 is in use.\n  - Use --port 2.\n  - Or --port 0.\nMore: docs/errors.md#port-taken   exit 3\n',
    )
  })

  it('is broken between words at a terminal, and never in what is to be typed', () => {
    const long = new LabosError('machine.gone', `The lab "one" has ended: ${'it is over; '.repeat(6).trim()}`, {
      suggestions: [`Try: \`labos up deepseek-coder-v2 ${'--engine-arg seed=7 '.repeat(4).trim()}\`.`],
      aftermath: 'Nothing was created.',
    })
    const lines = errorText(long, colour, long, {}, true).split('\n')
    expect(lines.map((line) => stripVTControlCharacters(line))).toEqual([
      'machine.gone  The lab "one" has ended: it is over; it is over; it is over; it is',
      'over; it is over; it is over;',
      'Nothing was created.',
      '  - Try: labos up deepseek-coder-v2 --engine-arg seed=7 --engine-arg seed=7 --engine-arg seed=7 --engine-arg seed=7.',
      'More: docs/errors.md#machine-gone   exit 6',
      '',
    ])
  })

  it('paints the code and the commands', () => {
    const text = errorText(error, colour, error, {})
    expect(text).toContain('\u001B[31mport.taken\u001B[39m')
    expect(text).toContain('Use \u001B[36m--port 2\u001B[39m.')
  })

  it('ends with the stack of what was thrown where DEBUG is set', () => {
    const thrown = new RangeError('deep')
    const text = errorText(error, noColour, thrown, { DEBUG: 'labos' })
    expect(text).toContain(`\n${thrown.stack ?? ''}\n`)
    expect(errorText(error, noColour, 'no error', { DEBUG: 'labos' })).toBe(errorText(error, noColour, undefined, {}))
  })
})
