/** For a terminal: one living line per running phase, one lasting line per finished one. */
import type { Ora } from 'ora'
import type { LabosEvent, StepName } from './events.js'
import { formatDuration } from './format.js'
import { endText, progressText } from './lines.js'
import { planEventText } from './plan-event-text.js'
import type { Paint } from './paint.js'
import type { Output, Reporter } from './reporter.js'
import { wrap } from './text.js'

const STEP_WIDTH = 8

/** `spinner` is made by the caller, so that ora is loaded only where it draws. */
export function terminalReporter(output: Output, spinner: Ora, paint: Paint): Reporter {
  const running = new Map<StepName, string>()
  const lasting = (text: string): void => {
    spinner.stop()
    output.write(`${text}\n`)
  }
  const draw = (): void => {
    if (running.size === 0) {
      spinner.stop()
      return
    }
    spinner.text = [...running].map(([step, text]) => `${step.padEnd(STEP_WIDTH)}  ${text}`).join('\n  ')
    if (!spinner.isSpinning) spinner.start()
  }
  const emit = (event: LabosEvent): void => {
    if (event.type === 'start' && event.step === 'teardown') running.clear() // what was going on is over
    if (event.type === 'start') running.set(event.step, event.text)
    if (event.type === 'progress') running.set(event.step, progressText(event))
    if (event.type === 'done' || event.type === 'failed') running.delete(event.step)
    const line = lineOf(event, paint)
    if (line !== undefined) lasting(line)
    draw()
  }
  return {
    emit,
    stop: () => {
      running.clear()
      spinner.stop()
    },
  }
}

/** A mark, the step, and what is said of it, which stands under itself where it takes several lines. */
const stepLine = (mark: string, step: StepName, text: string): string =>
  wrap(text, `${mark} ${step.padEnd(STEP_WIDTH)}  `, ' '.repeat(STEP_WIDTH + 4)).join('\n')

function lineOf(event: LabosEvent, paint: Paint): string | undefined {
  if ('plan' in event) return `\n${planEventText(event)}\n`
  switch (event.type) {
    case 'done':
      return stepLine(
        paint.green('✔'),
        event.step,
        `${event.text} ${paint.dim(`(${formatDuration(event.elapsedMs)})`)}`,
      )
    case 'failed':
      return `${paint.red('✖')} ${event.step}` // the error itself is printed at the end
    case 'retry':
      return stepLine(
        paint.yellow('!'),
        event.step,
        `${event.reason}; try ${String(event.attempt)} in ${formatDuration(event.delayMs)}`,
      )
    case 'note':
      return event.step === undefined
        ? wrap(event.text, `${paint.yellow('!')} `, '  ').join('\n')
        : stepLine(paint.yellow('!'), event.step, event.text)
    case 'warning':
      return wrap(event.text, `${paint.yellow('! warning')}  `, ' '.repeat('! warning  '.length)).join('\n')
    case 'command':
      return paint.dim(`running ${event.program}`)
    case 'command-ended':
      return paint.dim(`${event.program} ended: ${endText(event)} (${formatDuration(event.elapsedMs)})`)
    case 'start':
    case 'progress':
      return undefined
  }
}
