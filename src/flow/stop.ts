import { LabosError } from '../errors/labos-error.js'
import { readKeeper } from '../state/read.js'
import type { RentedLab } from '../state/record.js'
import { saveLab } from '../state/store.js'
import { awaitState } from './await-state.js'
import type { Context } from './context.js'
import { closeEndpoint } from './end-running.js'
import { endpointOf } from './from-answer.js'
import { type HeldLab, withMachineOf } from './rented-lab.js'
import { losesWeights, offerOfLab, ratesOfLab, withMachine } from './rented-record.js'
import { stillRuns } from './still-runs.js'

/** Public: `labos stop --json` prints it. */
export interface Stopped {
  readonly name: string
  readonly outcome: 'stopped' | 'already-stopped'
  /** What its disk costs while it is stopped; null = not known. */
  readonly usdPerDay: number | null
  readonly diskGB: number | null
  /** What was on the machine's own NVMe disk is gone. */
  readonly losesWeights: boolean
  /** The endpoint that was open until now; null = none was. */
  readonly closedEndpoint: string | null
}

const LIMIT_MS = 15 * 60_000

/**
 * Stops the machine of a rented lab and keeps its disk; resolves when EC2 says that it is stopped. Its endpoint here is closed:
 * nobody is there to answer. Throws `machine.state`
 * for a spot machine, `machine.gone`, `usage.value` for a lab on this computer, and what asking AWS throws.
 */
export const stop = (name: string | undefined, context: Context, signal: AbortSignal): Promise<Stopped> =>
  withMachineOf('stop', name, context, signal, async (held) => {
    const { record, machine } = held
    if (machine.state === 'stopped') {
      await saveLab(context.paths, record)
      return stopped(record, 'already-stopped', await closed(record, context, signal))
    }
    if (machine.market === 'spot') throw spot(record)
    return stopMachine(held, context, signal)
  })

async function stopMachine(
  { record, machine, holdings }: HeldLab,
  context: Context,
  signal: AbortSignal,
): Promise<Stopped> {
  const sinceMs = context.clock.monotonicMs()
  const { id } = machine
  context.emit({ type: 'start', step: 'machine', text: `stopping ${id}` })
  if (machine.state === 'pending')
    // EC2 does not stop what has not started
    await awaitState({ id, state: 'running', limitMs: LIMIT_MS }, holdings, context, signal)
  if (machine.state !== 'stopping') await accepted(record, () => holdings.stop(id, signal))
  const stopping = withMachine(record, { ...machine, state: 'stopping' }, context.clock.now())
  await saveLab(context.paths, stopping)
  const [closedEndpoint, now] = await Promise.all([
    closed(record, context, signal),
    awaitState({ id, state: 'stopped', limitMs: LIMIT_MS }, holdings, context, signal),
  ])
  const done = withMachine(stopping, now, context.clock.now())
  await saveLab(context.paths, done)
  const elapsedMs = context.clock.monotonicMs() - sinceMs
  context.emit({ type: 'done', step: 'machine', text: `${id} is stopped`, elapsedMs })
  return stopped(done, 'stopped', closedEndpoint)
}

/** Resolves to what was closed. */
async function closed({ name }: RentedLab, context: Context, signal: AbortSignal): Promise<string | null> {
  const keeper = readKeeper(context.paths, name)
  const isOpen = keeper !== undefined && !keeper.ended && (await context.processes.isAlive(keeper))
  await closeEndpoint(name, context, signal)
  return isOpen ? endpointOf(keeper.port) : null
}

/** What is not stopped goes on costing. */
async function accepted(record: RentedLab, ask: () => Promise<void>): Promise<void> {
  try {
    await ask()
  } catch (error) {
    throw error instanceof LabosError && error.code !== 'machine.gone' ? error.withAftermath(stillRuns(record)) : error
  }
}

function stopped(record: RentedLab, outcome: Stopped['outcome'], closedEndpoint: string | null): Stopped {
  const perHour = ratesOfLab(record).stopped
  return {
    name: record.name,
    outcome,
    usdPerDay: perHour === null ? null : perHour * 24,
    diskGB: offerOfLab(record)?.diskGB ?? null,
    losesWeights: losesWeights(record),
    closedEndpoint,
  }
}

const spot = ({ name, machine }: RentedLab): LabosError =>
  new LabosError(
    'machine.state',
    `${machine?.id ?? 'It'} is a spot machine: AWS ends such machines, but does not stop them.`,
    {
      suggestions: [`Give it back instead: \`labos down ${name}\`.`, 'A machine that can be stopped is not `--spot`.'],
      aftermath: 'It runs on as before.',
    },
  )
