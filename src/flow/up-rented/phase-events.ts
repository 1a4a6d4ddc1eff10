/** What has changed in a machine's set-up between two looks, as events. Pure. */
import { STALL_SECONDS } from '../../serve/remote/phases.js'
import type { LabosEvent, StepName } from '../../ui/events.js'
import { clause } from '../../ui/text.js'
import type { LabStatus } from '../lab-status.js'

type Phase = NonNullable<LabStatus['phases']>[number]

const STEPS: Readonly<Record<Phase['name'], StepName>> = {
  driver: 'driver',
  engine: 'engine',
  weights: 'weights',
  serve: 'serving',
}

/** `elapsedMs`: since the watching began. */
export function phaseEvents(before: LabStatus | undefined, now: LabStatus, elapsedMs: number): LabosEvent[] {
  const known = new Map(before?.phases?.map((phase) => [phase.name, phase]))
  return [
    ...(now.phases ?? []).flatMap((phase) => eventsOf(known.get(phase.name), phase, elapsedMs)),
    ...pathEvents(before, now),
    ...newNotes(before, now),
  ]
}

function eventsOf(before: Phase | undefined, now: Phase, elapsedMs: number): LabosEvent[] {
  const step = STEPS[now.name]
  const isNews = before?.state !== now.state
  switch (now.state) {
    case 'running':
      return [
        ...(isNews || isSaidAnew(before, now) ? [{ type: 'start' as const, step, text: now.text }] : []),
        ...bytesMoved(step, before, now),
      ]
    case 'waiting':
      return isNews ? [{ type: 'note', step, text: now.text }] : []
    case 'done':
      // The engine that answers on its machine is not yet one that answers here.
      return isNews && now.name !== 'serve' ? [{ type: 'done', step, text: now.text, elapsedMs }] : []
    case 'failed':
      return []
  }
}

/** Of what moves no bytes its words alone say that it goes on. */
const isSaidAnew = (before: Phase | undefined, now: Phase): boolean =>
  now.done === undefined && before?.text !== now.text

function bytesMoved(step: StepName, before: Phase | undefined, now: Phase): LabosEvent[] {
  const { done, total, rate = 0, etaSeconds, stallSeconds = 0 } = now
  const isStalled = stallSeconds >= STALL_SECONDS && (before?.stallSeconds ?? 0) < STALL_SECONDS
  if (isStalled) return [{ type: 'note', step, text: now.text }]
  if (done === undefined || done === before?.done) return []
  return [
    {
      type: 'progress',
      step,
      doneBytes: done,
      bytesPerSecond: rate,
      ...(total === undefined ? {} : { totalBytes: total }),
      ...(etaSeconds === undefined ? {} : { etaMs: etaSeconds * 1000 }),
    },
  ]
}

/** The machine goes on meanwhile: only the view of it is gone. */
function pathEvents(before: LabStatus | undefined, { path }: LabStatus): LabosEvent[] {
  if (path === undefined || path.state === before?.path?.state) return []
  if (path.state === 'away')
    return [
      { type: 'note', step: 'boot', text: `the connection is away (${clause(path.reason ?? 'lost')}); tried again` },
    ]
  return path.state === 'connected' && before?.path?.state === 'away'
    ? [{ type: 'note', step: 'boot', text: 'the connection is back' }]
    : []
}

function newNotes(before: LabStatus | undefined, { notes = [] }: LabStatus): LabosEvent[] {
  const told = new Set(before?.notes?.map(({ text }) => text))
  return notes.filter(({ text }) => !told.has(text)).map(({ text }) => ({ type: 'note', text }))
}
