/** For pipes and CI logs: one line per phase, and a heartbeat while a phase takes long. */
import type { Clock } from '../ports.js'
import type { LabosEvent, StepName } from './events.js'
import { formatDuration } from './format.js'
import { endText, progressText } from './lines.js'
import { planEventText } from './plan-event-text.js'
import type { Output, Reporter } from './reporter.js'

const HEARTBEAT_MS = 15_000

interface Phase {
  readonly since: number
  latest: string
}

export function plainReporter(output: Output, clock: Clock): Reporter {
  const phases = new Map<StepName, Phase>()
  const stopped = new AbortController()
  let beating = false
  const say = (line: string): void => void output.write(`${line}\n`)

  const beat = async (): Promise<void> => {
    while (phases.size > 0) {
      await clock.sleep(HEARTBEAT_MS, stopped.signal)
      for (const [step, { since, latest }] of phases)
        say(`${step}: ${latest} (${formatDuration(clock.monotonicMs() - since)})`)
    }
    beating = false
  }

  const begin = (step: StepName, text: string): void => {
    phases.set(step, { since: clock.monotonicMs(), latest: text })
    if (beating) return
    beating = true
    void beat().catch(() => undefined) // ends with stop()
  }

  const emit = (event: LabosEvent): void => {
    if (event.type === 'done' || event.type === 'failed') phases.delete(event.step)
    const phase = event.type === 'start' || event.type === 'progress' ? phases.get(event.step) : undefined
    if (phase && event.type === 'progress') phase.latest = progressText(event)
    if (phase && event.type === 'start') {
      phase.latest = event.text // what it goes on with is for the next heartbeat
      return
    }
    if (event.type === 'start' && event.step === 'teardown') phases.clear() // what was going on is over
    if (event.type === 'start') begin(event.step, event.text)
    const line = lineOf(event)
    if (line !== undefined) say(line)
  }
  return { emit, stop: () => stopped.abort() }
}

function lineOf(event: LabosEvent): string | undefined {
  if ('plan' in event) return planEventText(event)
  switch (event.type) {
    case 'start':
      return `${event.step}: ${event.text}`
    case 'progress':
      return undefined
    case 'note':
      return event.step === undefined ? event.text : `${event.step}: ${event.text}`
    case 'retry':
      return `${event.step}: ${event.reason}; try ${String(event.attempt)} in ${formatDuration(event.delayMs)}`
    case 'done':
      return `${event.step}: done, ${event.text} (${formatDuration(event.elapsedMs)})`
    case 'warning':
      return `warning: ${event.text}`
    case 'command':
      return `running ${event.program}`
    case 'command-ended':
      return `${event.program} ended: ${endText(event)} (${formatDuration(event.elapsedMs)})`
    case 'failed':
      return `${event.step}: failed` // the error itself is printed at the end
  }
}
