import { describe, expect, it } from 'vitest'
import { failedPhase, goingOn, noPhases, type PhaseBook, withPhaseLine } from '../../../../src/serve/remote/phases.js'

const line = (more: Record<string, unknown>): string =>
  JSON.stringify({ t: 1_764_112_345, boot: 1, phase: 'weights', state: 'running', ...more })

const after = (...lines: readonly Record<string, unknown>[]): PhaseBook =>
  lines.reduce<PhaseBook>((book, more) => withPhaseLine(book, line(more)), noPhases)

const moving = { done: 12.3e9, total: 31.4e9, rate: 96e6 }

describe('the phases of a machine', () => {
  it('are the last that was said of each, in their order', () => {
    const book = after(
      { phase: 'weights', ...moving },
      { phase: 'driver', state: 'done' },
      { phase: 'serve', state: 'waiting', text: 'for engine and weights' },
      { phase: 'weights', state: 'done', done: 31.4e9, total: 31.4e9 },
    )
    expect(book.phases.map(({ name, state }) => `${name} ${state}`)).toEqual([
      'driver done',
      'weights done',
      'serve waiting',
    ])
    expect(goingOn(book)).toBe('serve: for engine and weights')
  })

  it('say bytes, rate and what is left of the time', () => {
    expect(after(moving).phases).toEqual([
      {
        name: 'weights',
        state: 'running',
        ...moving,
        etaSeconds: 199,
        text: 'downloading the weights: 12.3 GB of 31.4 GB, 96 MB/s, 3 m 19 s left',
      },
    ])
  })

  it.each([
    [{ ...moving, rate: 0, stall: 40 }, 'downloading the weights: 12.3 GB of 31.4 GB, stalled for 40 s'],
    [{ ...moving, stall: 4 }, 'downloading the weights: 12.3 GB of 31.4 GB, 96 MB/s, 3 m 19 s left'],
    [{ done: 5e6 }, 'downloading the weights: 5 MB'],
    [{ phase: 'engine' }, 'installing the engine'],
    [{ phase: 'serve', text: '10 s' }, 'starting the engine: 10 s'],
    [{ phase: 'driver', state: 'failed', cause: 'driver.missing', text: 'no nvidia-smi' }, 'no nvidia-smi'],
    [{ phase: 'driver', state: 'failed' }, 'driver failed'],
    [{ state: 'done', text: 'was there' }, 'was there'],
  ])('%j reads: %s', (said, text) => {
    expect(after(said).phases[0]?.text).toBe(text)
  })

  it('of what goes on side by side are all said', () => {
    expect(goingOn(after({ phase: 'engine' }, { phase: 'weights' }))).toBe(
      'installing the engine; downloading the weights',
    )
    expect(goingOn(noPhases)).toBeUndefined()
  })

  it('begin anew with the next start of the machine, and forget what failed before', () => {
    const failed = after({ phase: 'driver', state: 'failed', cause: 'driver.missing' })
    expect(failedPhase(failed)).toMatchObject({ cause: 'driver.missing' })
    const again = withPhaseLine(failed, line({ boot: 2, phase: 'weights' }))
    expect([again.boot, failedPhase(again), again.phases.length]).toEqual([2, undefined, 1])
    expect(withPhaseLine(again, line({ boot: 1, phase: 'driver', state: 'failed' }))).toBe(again)
  })

  it.each(['', '{"t":1,"boot"', 'null', '[]', line({ phase: 'coffee' }), line({ state: 'odd' }), line({ boot: 'x' })])(
    'are not changed by %j',
    (said) => {
      const book = after(moving)
      expect(withPhaseLine(book, said)).toBe(book)
    },
  )
})
