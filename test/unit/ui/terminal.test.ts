import { Writable } from 'node:stream'
import { stripVTControlCharacters } from 'node:util'
import ora, { type Ora } from 'ora'
import { describe, expect, it } from 'vitest'
import { LabosError } from '../../../src/errors/labos-error.js'
import { colour, noColour } from '../../../src/ui/paint.js'
import type { Reporter } from '../../../src/ui/reporter.js'
import { terminalReporter } from '../../../src/ui/terminal.js'
import { somePlan } from '../../fakes/plan.js'

/** A terminal that shows nothing; ora itself draws on it. */
function screen(): Writable {
  const silent = new Writable({ write: (_piece, _encoding, done) => done() })
  const move = (): boolean => true
  return Object.assign(silent, { isTTY: true, columns: 80, clearLine: move, cursorTo: move, moveCursor: move })
}

interface Terminal {
  readonly reporter: Reporter
  readonly spinner: Ora
  /** Lines that stay, without colours. */
  readonly lasting: () => string
}

function terminal(paint = noColour): Terminal {
  let written = ''
  const spinner = ora({ stream: screen(), isEnabled: true, discardStdin: false, hideCursor: false })
  const reporter = terminalReporter({ write: (text: string) => (written += text) }, spinner, paint)
  return { reporter, spinner, lasting: () => stripVTControlCharacters(written) }
}

const start = { type: 'start', step: 'weights', text: 'downloading smollm2' } as const
const progress = { type: 'progress', step: 'weights', doneBytes: 41e6, totalBytes: 93e6, bytesPerSecond: 12e6 } as const

describe('a phase that runs', () => {
  it('is over when all is taken down', () => {
    const { reporter, spinner } = terminal()
    reporter.emit(start)
    reporter.emit({ type: 'start', step: 'teardown', text: 'ending one' })
    expect(spinner.text).toBe('teardown  ending one')
    reporter.emit({ type: 'done', step: 'teardown', text: 'one is gone', elapsedMs: 1 })
    expect(spinner.isSpinning).toBe(false)
  })

  it('is one living line that follows its progress, and nothing that stays', () => {
    const { reporter, spinner, lasting } = terminal()
    reporter.emit(start)
    expect([spinner.isSpinning, spinner.text]).toEqual([true, 'weights   downloading smollm2'])
    reporter.emit(progress)
    expect(spinner.text).toBe('weights   41 MB of 93 MB, 12 MB/s')
    reporter.stop()
    expect(lasting()).toBe('')
  })

  it('stands beside others that run', () => {
    const { reporter, spinner } = terminal()
    reporter.emit({ type: 'start', step: 'engine', text: 'installing' })
    reporter.emit(start)
    expect(spinner.text).toBe('engine    installing\n  weights   downloading smollm2')
    reporter.emit({ type: 'done', step: 'engine', text: 'llama.cpp', elapsedMs: 1000 })
    expect([spinner.isSpinning, spinner.text]).toEqual([true, 'weights   downloading smollm2'])
    reporter.stop()
  })

  it('leaves one line when it is done, and no spinner', () => {
    const { reporter, spinner, lasting } = terminal()
    reporter.emit(start)
    reporter.emit({ type: 'done', step: 'weights', text: 'smollm2, 93 MB', elapsedMs: 8100 })
    expect([spinner.isSpinning, lasting()]).toEqual([false, '✔ weights   smollm2, 93 MB (8.1 s)\n'])
  })

  it('leaves several lines where one of 80 columns is too short, whatever the colours', () => {
    const { reporter, lasting } = terminal(colour)
    const text = 'logged in to 198.51.100.7; it ends itself in 44 m 59 s, unless it serves'
    reporter.emit({ type: 'done', step: 'boot', text, elapsedMs: 2000 })
    expect(lasting()).toBe(
      `✔ boot      logged in to 198.51.100.7; it ends itself in 44 m 59 s, unless it\n            serves (2.0 s)\n`,
    )
  })

  it('leaves a mark when it failed, without the error that is printed at the end', () => {
    const { reporter, spinner, lasting } = terminal()
    const error = new LabosError('network.download', 'It broke off.', { suggestions: ['Again.'] }).toJSON()
    reporter.emit(start)
    reporter.emit({ type: 'failed', step: 'weights', error })
    expect([spinner.isSpinning, lasting()]).toEqual([false, '✖ weights\n'])
  })
})

describe('what is worth a line of its own', () => {
  it.each([
    [{ type: 'note', text: 'by the way' } as const, '! by the way\n'],
    [{ type: 'note', step: 'python', text: 'uv is used' } as const, '! python    uv is used\n'],
    [
      { type: 'retry', step: 'weights', attempt: 2, reason: 'reset by peer', delayMs: 2000 } as const,
      '! weights   reset by peer; try 2 in 2.0 s\n',
    ],
    [{ type: 'warning', text: 'it ends soon' } as const, '! warning  it ends soon\n'],
    [{ type: 'command', program: 'npm' } as const, 'running npm\n'],
    [
      { type: 'command-ended', program: 'npm', exitCode: 143, signal: 'SIGTERM', elapsedMs: 2000 } as const,
      'npm ended: SIGTERM, exit 143 (2.0 s)\n',
    ],
  ])('is written above the living line: %j', (event, line) => {
    const { reporter, spinner, lasting } = terminal()
    reporter.emit(start)
    reporter.emit(event)
    expect([lasting(), spinner.isSpinning, spinner.text]).toEqual([line, true, 'weights   downloading smollm2'])
    reporter.stop()
  })

  it('is a plan with a blank line around it', () => {
    const { reporter, spinner, lasting } = terminal()
    reporter.emit({ type: 'plan', plan: somePlan() })
    expect(lasting()).toMatch(/^\n {2}model {5}SmolLM2[\s\S]+\n\n$/)
    expect(spinner.isSpinning).toBe(false)
  })
})

it('a terminal is left clean by stop, whatever was drawn', () => {
  const { reporter, spinner, lasting } = terminal()
  reporter.emit(start)
  reporter.stop()
  reporter.stop()
  expect([spinner.isSpinning, lasting()]).toEqual([false, ''])
})

it('colours are only those of the paint', () => {
  let text = ''
  const spinner = ora({ stream: screen(), isEnabled: true, discardStdin: false, hideCursor: false })
  const reporter = terminalReporter({ write: (piece: string) => (text += piece) }, spinner, colour)
  reporter.emit({ type: 'done', step: 'plan', text: 'made', elapsedMs: 0 })
  expect(text).toBe('\u001B[32m✔\u001B[39m plan      made \u001B[2m(0.0 s)\u001B[22m\n')
})
