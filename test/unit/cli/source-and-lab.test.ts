import { describe, expect, it } from 'vitest'
import { sourceAndLab } from '../../../src/cli/source-and-lab.js'

describe('words of `labos logs`', () => {
  it.each([
    [{}, { source: 'engine' }],
    [{ source: 'keeper' }, { source: 'keeper' }],
    [
      { source: 'keeper', lab: 'one' },
      { source: 'keeper', lab: 'one' },
    ],
    [
      { source: 'one', lab: 'keeper' },
      { source: 'keeper', lab: 'one' },
    ],
    [{ source: 'one' }, { source: 'engine', lab: 'one' }],
    // A lab may have the name of a log.
    [
      { source: 'lease', lab: 'lease' },
      { source: 'lease', lab: 'lease' },
    ],
  ])('%j are %j', (words, wish) => {
    expect(sourceAndLab(words, ['one'])).toEqual(wish)
  })

  it.each([
    [
      { source: 'enginee' },
      '"enginee" is no log, and no lab.',
      'Did you mean engine? Logs: engine, bootstrap, lease, system, keeper, setup.',
    ],
    [
      { source: 'ones' },
      '"ones" is no log, and no lab.',
      'Did you mean one? Logs: engine, bootstrap, lease, system, keeper, setup.',
    ],
    [{ source: 'xyzzy', lab: 'one' }, '"xyzzy" is no log.', 'Logs: engine, bootstrap, lease, system, keeper, setup.'],
  ])('%j: %s', (words, message, suggestion) => {
    const wrong = (): unknown => sourceAndLab(words, ['one'])
    expect(wrong).toThrow(message)
    expect(wrong).toThrow(expect.objectContaining({ suggestions: expect.arrayContaining([suggestion]) as string[] }))
  })
})
