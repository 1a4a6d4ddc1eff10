/** One look at an engine on a machine, and what follows from it. */
import type { Duplex } from 'node:stream'
import type { RemoteMachine } from '../../ports.js'
import { driftOf, measuredUse } from '../drift.js'
import { ask } from '../health.js'
import { type Care, sinceServe, sinceWell, snapshotOf, tell } from './care.js'
import { lastLines, measuredLines, readThere, runWithin } from './journal.js'
import { explained, lookInto } from './look-into.js'
import { systemctl, unitOf } from './on-machine.js'
import { failedPhase } from './phases.js'
import type { Health } from './state.js'

export const HEALTH_MS = 5000
/** Between two looks at an engine that systemd starts again. */
const UNIT_MS = 5000
/** What earlier runs said comes in at once when the following begins: a failure is believed when nothing follows it. */
export const SETTLED_MS = 1000

export async function askHealth(care: Care, machine: RemoteMachine, timeoutMs: number): Promise<Health> {
  const { what, deps, stopping } = care
  const dial = (): Duplex => machine.dial(what.port)
  const question = { dial, path: what.engine.healthPath, timeoutMs, signal: stopping.signal }
  const answer = await ask(question, deps.clock)
  if (typeof answer === 'string') return answer
  return answer.status === 200 ? 'well' : 'ill'
}

/** Rejects when the connection is lost meanwhile. */
export async function tend(care: Care, machine: RemoteMachine, signal: AbortSignal): Promise<void> {
  const health = await askHealth(care, machine, HEALTH_MS)
  if (care.deps.path.machine() !== machine) return // that was the path, not the engine
  care.misses = health === 'silent' ? care.misses + 1 : 0
  care.health = health
  if (health === 'well') await serves(care, machine, signal)
  else if (care.isUp && health !== 'silent') await died(care, machine, health, signal)
  else if (snapshotOf(care).state === 'restarting') await lookAtUnit(care, machine, signal)
  else await lookAtFailure(care, machine, signal)
}

async function serves(care: Care, machine: RemoteMachine, signal: AbortSignal): Promise<void> {
  const { deps, what } = care
  care.wellMs = deps.clock.monotonicMs()
  care.key ??= await readThere(machine, what, 'key', deps.clock, signal)
  if (care.key === undefined) {
    care.failure = { detail: `The engine answers, but its key in ${what.home} cannot be read.` }
    return
  }
  care.hasServed = true
  care.isUp = true
  care.failure = undefined
  care.lastWords = undefined
  if (care.isMeasured) return
  tell(care)
  const measured = measuredUse(await measuredLines(machine, what, sinceServe(care), deps, signal))
  care.isMeasured = true
  care.drift = driftOf(what.planned, measured)
  deps.onDrift(care.drift)
}

async function died(care: Care, machine: RemoteMachine, health: Health, signal: AbortSignal): Promise<void> {
  const { deps, what } = care
  const why = health === 'ill' ? 'it said that it is broken' : 'it did not listen any more'
  care.isUp = false
  care.restarts += 1
  care.lastExit = { at: new Date(deps.clock.now()).toISOString(), why }
  care.isMeasured = false
  care.lastWords = 'The engine ended and is started again.'
  tell(care)
  const found = explained(await lastLines(machine, what, sinceWell(care), deps, signal), what.engine)
  if (found) care.lastWords = `The engine ended: ${found.detail}`
}

/** Started again too often, systemd gives it up. */
async function lookAtUnit(care: Care, machine: RemoteMachine, signal: AbortSignal): Promise<void> {
  const { deps, what } = care
  if (deps.clock.monotonicMs() - care.unitMs < UNIT_MS) return
  care.unitMs = deps.clock.monotonicMs()
  const asked = systemctl(what, ['show', '--property=ActiveState', '--value', `${unitOf(what, 'engine')}.service`])
  const { stdout } = await runWithin(machine, asked, deps.clock, signal)
  if (stdout.trim() !== 'failed') return
  const found = explained(await lastLines(machine, what, sinceWell(care), deps, signal), what.engine)
  care.failure = found ?? { detail: 'The engine ended again and again.' }
}

async function lookAtFailure(care: Care, machine: RemoteMachine, signal: AbortSignal): Promise<void> {
  const { deps, what, book } = care
  const failed = failedPhase(book)
  if (!failed || care.lookedInto === book.boot || deps.clock.monotonicMs() - care.heardMs < SETTLED_MS) return
  const looked = { ...what, isRepaired: care.isRepaired }
  const found = await lookInto(failed, sinceServe(care), looked, { machine, clock: deps.clock }, signal)
  care.lookedInto = book.boot
  if ('failure' in found) {
    care.failure = found.failure
    return
  }
  care.isRepaired = true
  care.lastWords = found.repair.text
  deps.onRepair(found.repair)
}
