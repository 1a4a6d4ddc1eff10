import { stripVTControlCharacters } from 'node:util'
import { describe, expect, it } from 'vitest'
import { LabosError } from '../../../src/errors/labos-error.js'
import type { LabosEvent } from '../../../src/ui/events.js'
import { silentReporter } from '../../../src/ui/ndjson.js'
import { plainReporter } from '../../../src/ui/plain.js'
import type { Reporter } from '../../../src/ui/reporter.js'
import { fakeClock, type FakeClock } from '../../fakes/clock.js'
import { somePlan } from '../../fakes/plan.js'

function plain(): { readonly reporter: Reporter; readonly clock: FakeClock; readonly lines: () => string[] } {
  const clock = fakeClock()
  let text = ''
  const reporter = plainReporter({ write: (piece: string) => (text += piece) }, clock)
  return { reporter, clock, lines: () => text.split('\n').slice(0, -1) }
}

const start = (step: 'engine' | 'weights'): LabosEvent => ({ type: 'start', step, text: `fetching ${step}` })
const done = (step: 'engine' | 'weights'): LabosEvent => ({ type: 'done', step, text: 'whole', elapsedMs: 100 })

describe('the plain reporter', () => {
  const error = new LabosError('network.download', 'It broke off.', { suggestions: ['Again.'] }).toJSON()
  it.each<[LabosEvent, string[]]>([
    [start('engine'), ['engine: fetching engine']],
    [{ type: 'progress', step: 'engine', doneBytes: 1, bytesPerSecond: 1 }, []],
    [{ type: 'note', text: 'by the way' }, ['by the way']],
    [{ type: 'note', step: 'python', text: 'uv is used' }, ['python: uv is used']],
    [
      { type: 'retry', step: 'weights', attempt: 2, reason: 'reset by peer', delayMs: 2000 },
      ['weights: reset by peer; try 2 in 2.0 s'],
    ],
    [done('engine'), ['engine: done, whole (0.1 s)']],
    [{ type: 'failed', step: 'weights', error }, ['weights: failed']],
    [{ type: 'warning', text: 'it ends soon' }, ['warning: it ends soon']],
    [{ type: 'command', program: 'npm' }, ['running npm']],
    [{ type: 'command-ended', program: 'npm', exitCode: 3, elapsedMs: 2000 }, ['npm ended: exit 3 (2.0 s)']],
  ])('writes %j as %j', (event, expected) => {
    const { reporter, lines } = plain()
    reporter.emit(event)
    reporter.stop()
    expect(lines()).toEqual(expected)
  })

  it('says nothing more of what was going on when all is taken down', async () => {
    const { reporter, clock, lines } = plain()
    reporter.emit(start('weights'))
    reporter.emit({ type: 'start', step: 'teardown', text: 'ending one' })
    await clock.advance(15_000)
    reporter.stop()
    expect(lines()).toEqual(['weights: fetching weights', 'teardown: ending one', 'teardown: ending one (15 s)'])
  })

  it('writes a plan as the terminal does, with no control characters', () => {
    const { reporter, lines } = plain()
    reporter.emit({ type: 'plan', plan: somePlan() })
    expect(lines()[0]).toBe('  model     SmolLM2 135M Instruct (Q4_1)')
    expect(lines().filter((line) => stripVTControlCharacters(line) !== line)).toEqual([])
  })
})

describe('the heartbeat', () => {
  it('tells what a phase goes on with, which is no line of its own', async () => {
    const { reporter, clock, lines } = plain()
    reporter.emit(start('engine'))
    reporter.emit({ type: 'start', step: 'engine', text: 'compiling engine' })
    expect(lines()).toEqual(['engine: fetching engine'])
    await clock.advance(15_000)
    expect(lines().slice(1)).toEqual(['engine: compiling engine (15 s)'])
    reporter.stop()
  })

  it('tells each phase that runs, and is one however many there are', async () => {
    const { reporter, clock, lines } = plain()
    reporter.emit(start('engine'))
    reporter.emit(start('weights'))
    await clock.advance(15_000)
    expect(lines().slice(2)).toEqual(['engine: fetching engine (15 s)', 'weights: fetching weights (15 s)'])
    reporter.emit(done('engine'))
    await clock.advance(15_000)
    expect(lines().slice(5)).toEqual(['weights: fetching weights (30 s)'])
    reporter.stop()
  })

  it('begins anew with a phase after a pause', async () => {
    const { reporter, clock, lines } = plain()
    reporter.emit(start('engine'))
    reporter.emit(done('engine'))
    await clock.advance(60_000)
    reporter.emit(start('weights'))
    await clock.advance(15_000)
    expect(lines()).toEqual([
      'engine: fetching engine',
      'engine: done, whole (0.1 s)',
      'weights: fetching weights',
      'weights: fetching weights (15 s)',
    ])
    reporter.stop()
  })

  it('ends at once with stop: no line, no timer that keeps the process', async () => {
    const { reporter, clock, lines } = plain()
    reporter.emit(start('engine'))
    reporter.stop()
    await clock.advance(60_000)
    expect([lines(), clock.sleepers]).toEqual([['engine: fetching engine'], 0])
  })
})

it('the silent reporter takes everything and says nothing', () => {
  silentReporter.emit(start('engine'))
  silentReporter.stop()
  expect(silentReporter.emit(done('engine'))).toBeUndefined()
})
