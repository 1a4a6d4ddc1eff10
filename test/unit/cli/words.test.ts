import { EventEmitter } from 'node:events'
import { execFileSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { canRedraw } from '../../../src/cli/screen.js'
import { parseDuration } from '../../../src/cli/duration.js'
import { errorText, toLabosError } from '../../../src/cli/error-text.js'
import { bearLostOutput } from '../../../src/cli/lost-output.js'
import { shellLines } from '../../../src/cli/shell-lines.js'
import { temperatureOf } from '../../../src/cli/temperature.js'
import { parsePlain } from '../../../src/fast.js'
import { LabosError } from '../../../src/errors/labos-error.js'
import { codes, type ErrorCode } from '../../../src/errors/codes.js'
import { noColour } from '../../../src/ui/paint.js'

describe('a length of time', () => {
  it.each([
    ['45s', 45_000],
    ['30m', 1_800_000],
    ['2h', 7_200_000],
    ['1h30m', 5_400_000],
    ['1.5h', 5_400_000],
    [' 2D ', 172_800_000],
  ])('%j is %d ms', (text, ms) => expect(parseDuration(text)).toBe(ms))

  it.each(['', '0', '0m', '30', 'm', '-5m', '1e9', '2h!', 'soon', '366d', '1h x'])('%j is none', (text) => {
    expect(() => parseDuration(text)).toThrow(expect.objectContaining({ code: 'usage.value' }) as Error)
  })
})

describe('lines for a shell', () => {
  const nasty = `it's "$HOME" \`x\` \\ $(y)`

  it('are read back by sh as they were', () => {
    const script = `${shellLines('sh', { LABOS_T: nasty })}\nprintf %s "$LABOS_T"`
    expect(execFileSync('sh', ['-c', script], { encoding: 'utf8' })).toBe(nasty)
  })

  it('have each shell’s syntax', () => {
    const values = { A: "it's" }
    expect(shellLines('fish', values)).toBe(String.raw`set -gx A 'it\'s'`)
    expect(shellLines('powershell', values)).toBe("$env:A = 'it''s'")
    expect(shellLines('cmd', values)).toBe(`set "A=it's"`)
    expect(shellLines('sh', { A: '1', B: '2' })).toBe("export A='1'\nexport B='2'")
  })
})

describe('an error', () => {
  it.each(Object.keys(codes) as ErrorCode[])('%s is printed with what to do, where to read and its exit', (code) => {
    const text = errorText(
      new LabosError(code, 'What happened.', { suggestions: ['Do `this`.'], aftermath: 'Nothing runs.' }),
      noColour,
      undefined,
      {},
    )
    expect(text).toBe(
      `${code}  What happened.\nNothing runs.\n  - Do this.\nMore: docs/errors.md#${code.replaceAll('.', '-')}   exit ${String(codes[code].exit)}\n`,
    )
  })

  it('that nobody foresaw is called a fault of labos, with its stack only on request', () => {
    const error = new TypeError('x is not a function')
    const known = toLabosError(error)
    expect([known.code, known.exit]).toEqual(['bug', 1])
    expect(errorText(known, noColour, error, {})).not.toContain('\n    at ')
    expect(errorText(known, noColour, error, { DEBUG: 'labos' })).toContain('words.test.ts')
  })

  it('prints nothing but its known fields as JSON', () => {
    const error = new LabosError('bug', 'm', { suggestions: ['s'], cause: { secret: 'sk-1' } })
    expect(Object.keys(JSON.parse(JSON.stringify(error)) as object)).toEqual([
      'code',
      'message',
      'suggestions',
      'docs',
      'exit',
    ])
  })

  it('at a closed question is an interruption', () => {
    expect(toLabosError(Object.assign(new Error('closed'), { name: 'ExitPromptError' })).code).toBe('interrupted')
  })
})

it('temperatures are 0 to 2', () => {
  expect([temperatureOf(undefined), temperatureOf('0'), temperatureOf('1.5')]).toEqual([
    {},
    { temperature: 0 },
    { temperature: 1.5 },
  ])
  for (const text of ['', '-1', '2.1', 'hot', 'NaN']) expect(() => temperatureOf(text)).toThrow('not a number')
})

it.each([
  [['ps'], { command: 'ps', json: false }],
  [['ls', '--json'], { command: 'ps', json: true }],
  [['status'], { command: 'status', json: false }],
  [['status', 'one', '--json'], { command: 'status', name: 'one', json: true }],
  [['ps', 'one'], undefined],
  [['ps', '--help'], undefined],
  [['status', '--name', 'one'], undefined],
  [['status', 'one', 'two'], undefined],
])('the fast path takes %j as %j', (argv, wish) => expect(parsePlain(argv, {})).toEqual(wish))

it.each(['LABOS_REFRESH', 'LABOS_PS_REGION', 'LABOS_PS_ALL_REGIONS'])(
  'the fast path leaves %s to the others',
  (name) => {
    expect(parsePlain(['ps'], { [name]: 'true' })).toBeUndefined()
  },
)

describe('an output that is lost', () => {
  const failing = (code: string): (() => boolean) => {
    const stream = new EventEmitter().on('error', () => {
      throw new Error('of oclif')
    })
    bearLostOutput(stream)
    return () => stream.emit('error', Object.assign(new Error(code), { code }))
  }

  it.each(['EIO', 'EPIPE'])('breaks nothing (%s)', (code) => expect(failing(code)).not.toThrow())
  it('is not one that fails otherwise', () => expect(failing('ENOSPC')).toThrow('ENOSPC'))
})

describe('progress that is redrawn', () => {
  it.each([
    [{ isTTY: true, columns: 80 }, true],
    [{ isTTY: true, columns: 0 }, false],
    [{ isTTY: true }, false],
    [{ columns: 80 }, false],
  ])('at %j: %s', (stream, expected) => expect(canRedraw(stream)).toBe(expected))
})
