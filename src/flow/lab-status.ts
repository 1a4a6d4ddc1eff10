/** What is known of a lab right now: the record, the keeper's process, and what the keeper answers. On the fast path. */
import type { Clock } from '../ports.js'
import { labNames, readKeeper, readLab } from '../state/read.js'
import {
  isOnMachine,
  type KeeperRecord,
  type LabRecord,
  type LocalLab,
  type MachineLab,
  type RentedMachine,
} from '../state/record.js'
import { type AskDeps, lookAtKeeper, pidsOf } from './ask-status.js'
import { endpointOf, fromAnswer, openPort, SILENT } from './from-answer.js'
import type { KeeperStatus, Note, PathStatus, PhaseStatus } from './keeper-status.js'
import { isOwnOrphan, orphanWords } from './run/orphan.js'
import { recordStatus, servedStatus } from './served-status.js'

export interface StatusDeps extends AskDeps {
  readonly clock: Pick<Clock, 'now'>
  /** `user@host` of who asks. */
  readonly owner: string
}

/**
 * - `serving`: the endpoint answered a moment ago · `starting`, `restarting`: the engine is on its way
 * - `unresponsive`: it runs but does not answer · `failed`: the engine was given up; the cause is in `detail`
 * - `lost`: the keeper ended without a word (killed, crashed, reboot) · `ended`: the lease or `down` ended it
 * - `unfinished`: `up` has not come to its end · `damaged`: the record does not parse
 *
 * Of rented labs, without asking the cloud:
 * - `creating`: `up` has not come to its end, and there may be a machine · `running`, `stopped`: as EC2 said last
 * - `ended`: EC2 said so, or its deadline passed
 *
 * Of rented labs whose endpoint is open, as its keeper says; beside the words above:
 * - `unreachable`: the path to its machine is away, and tried again
 */
export type LabState =
  | 'serving'
  | 'starting'
  | 'restarting'
  | 'unresponsive'
  | 'failed'
  | 'lost'
  | 'ended'
  | 'unfinished'
  | 'damaged'
  | 'creating'
  | 'running'
  | 'stopped'
  | 'unreachable'

/** Public shape of `labos ps --json` and `labos status --json`. Times are ISO 8601, durations milliseconds. */
export interface LabStatus {
  readonly name: string
  readonly state: LabState
  /** Why, where the state needs a reason. */
  readonly detail?: string
  readonly id?: string
  readonly model?: string
  readonly provider?: string
  /** Of labs on a host of the user's own: as it was asked for. */
  readonly host?: string
  readonly engine?: string
  readonly endpoint?: string
  readonly contextTokens?: number
  readonly createdAt?: string
  readonly startedAt?: string
  /** Now; null = not known. */
  readonly usdPerHour?: number | null
  /** Of rented labs: `user@host` of who made it. */
  readonly owner?: string
  /** Of rented labs: where anything of it is or may be. */
  readonly regions?: readonly string[]
  /** Of rented labs: as EC2 described it last. */
  readonly machine?: RentedMachine
  /** Of rented labs: when the machine ends itself; absent while nothing ends it. */
  readonly endsAt?: string
  /** Of rented labs; null = not known. */
  readonly usdSoFar?: number | null
  /** Of rented labs: in all, by the end. Null = not known, or nothing ends it. */
  readonly usdUntilEnd?: number | null
  /** Of rented labs that serve: the latest end, and what it will have cost by then. Null = not known. */
  readonly deadlineAt?: string
  readonly usdUntilDeadline?: number | null
  readonly lease?: KeeperStatus['lease']
  readonly activity?: { readonly inFlight: number; readonly requests: number }
  readonly tokens?: { readonly prompt: number; readonly generated: number }
  readonly restarts?: number
  readonly lastExit?: { readonly at: string; readonly why: string }
  readonly pids?: { readonly keeper: number; readonly engine?: number }
  /** Stable name of why the engine failed, where one is known. */
  readonly cause?: string
  /** Of labs reached over SSH, here and below: how far the machine's set-up is. */
  readonly phases?: readonly PhaseStatus[]
  readonly path?: PathStatus
  readonly notes?: readonly Note[]
  /** Where the machine is further off the plan than 15 %. */
  readonly drift?: KeeperStatus['drift']
}

/** All labs, each looked at afresh, in order of name. */
export const allLabs = (deps: StatusDeps): Promise<LabStatus[]> =>
  Promise.all(labNames(deps.paths).map((name) => labStatus(name, deps)))

/** One lab. A damaged record is a state here, not an error, so that `ps` shows the others too. */
export async function labStatus(name: string, deps: StatusDeps): Promise<LabStatus> {
  let record: LabRecord | undefined
  let keeper: KeeperRecord | undefined
  try {
    record = readLab(deps.paths, name)
    keeper = readKeeper(deps.paths, name)
  } catch (error) {
    return { name, state: 'damaged', detail: error instanceof Error ? error.message : String(error) }
  }
  if (!record) return { name, state: 'unfinished', detail: 'its folder holds no record yet' }
  if (isOnMachine(record)) return machineLabStatus(record, keeper, deps)
  return withRunner({ ...fromRecord(record), ...(await live(record, keeper, deps)) }, record, deps)
}

/** A lab on a machine: its record, and what its keeper says where it has one. */
export async function machineLabStatus(
  record: MachineLab,
  keeper: KeeperRecord | undefined,
  deps: StatusDeps,
): Promise<LabStatus> {
  const { name, id, serving } = record
  const port = openPort(record, keeper)
  if (port === undefined || !serving) return withRunner(recordStatus(record, deps.clock.now()), record, deps)
  const look = await lookAtKeeper({ name, id, port }, keeper, deps)
  return withRunner(servedStatus({ record, serving, port, keeper, look }, deps.clock.now()), record, deps)
}

/** Nobody waits for a lab whose `labos run` was killed. */
async function withRunner(status: LabStatus, record: LabRecord, deps: StatusDeps): Promise<LabStatus> {
  if (status.state === 'ended' || !(await isOwnOrphan(record, deps))) return status
  const known = status.detail === undefined ? '' : `${status.detail}; `
  return {
    ...status,
    detail: `${known}the \`labos run\` it was for is gone: ${isOnMachine(record) ? orphanWords(record) : `\`labos down ${status.name}\` removes it`}`,
  }
}

function fromRecord({ name, id, createdAt, plan }: LocalLab): Omit<LabStatus, 'state'> {
  return {
    name,
    id,
    model: plan.model.id,
    provider: plan.provider,
    engine: plan.engine,
    endpoint: endpointOf(plan.port),
    contextTokens: plan.contextTokens,
    createdAt,
    usdPerHour: plan.usdPerHour,
  }
}

async function live(
  record: LocalLab,
  keeper: KeeperRecord | undefined,
  deps: StatusDeps,
): Promise<Pick<LabStatus, 'state'> & Partial<LabStatus>> {
  if (!keeper)
    return { state: 'unfinished', detail: `\`labos up\` stopped after: ${record.stepsDone.at(-1) ?? 'nothing'}` }
  const { startedAt } = keeper
  const look = await lookAtKeeper({ name: record.name, id: record.id, port: record.plan.port }, keeper, deps)
  switch (look.kind) {
    case 'ended':
      return { state: look.ended.reason === 'failed' ? 'failed' : 'ended', detail: look.ended.detail, startedAt }
    case 'answers':
      return { ...fromAnswer(look.answer, record.plan.lease.idleMs), startedAt, pids: pidsOf(keeper, look.answer) }
    case 'silent':
      return { state: 'unresponsive', detail: SILENT, startedAt, pids: pidsOf(keeper) }
    case 'none':
    case 'lost':
      return { state: 'lost', detail: 'its keeper is gone without a word; nothing serves', startedAt }
  }
}
