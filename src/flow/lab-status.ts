/** What is known of a lab right now: the record, the keeper's process, and what the keeper answers. On the fast path. */
import * as z from 'zod/mini'
import type { AskKeeper, Clock, Processes } from '../ports.js'
import type { Paths } from '../state/paths.js'
import { labNames, readKeeper, readKey, readLab } from '../state/read.js'
import { isRented, type KeeperRecord, type LabRecord, type LocalLab, type RentedMachine } from '../state/record.js'
import { rentedStatus } from './rented-status.js'

export interface StatusDeps {
  readonly paths: Paths
  readonly processes: Pick<Processes, 'isAlive'>
  readonly ask: AskKeeper
  readonly clock: Pick<Clock, 'now'>
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

/** Public shape of `labos ps --json` and `labos status --json`. Times are ISO 8601, durations milliseconds. */
export interface LabStatus {
  readonly name: string
  readonly state: LabState
  /** Why, where the state needs a reason. */
  readonly detail?: string
  readonly id?: string
  readonly model?: string
  readonly provider?: string
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
  readonly lease?: {
    readonly endsAt?: string
    readonly endsBy?: string
    readonly idleForMs?: number
    readonly idleMs?: number
    readonly warn?: boolean
  }
  readonly activity?: { readonly inFlight: number; readonly requests: number }
  readonly tokens?: { readonly prompt: number; readonly generated: number }
  readonly restarts?: number
  readonly lastExit?: { readonly at: string; readonly why: string }
  readonly pids?: { readonly keeper: number; readonly engine?: number }
}

/** What the keeper says at `GET /labos/status`. */
export const keeperStatus = z.object({
  labId: z.string(),
  engine: z.object({
    state: z.enum(['starting', 'serving', 'restarting', 'unresponsive', 'failed']),
    detail: z.exactOptional(z.string()),
    pid: z.exactOptional(z.number()),
    restarts: z.number(),
    lastExit: z.exactOptional(z.object({ at: z.string(), why: z.string() })),
  }),
  activity: z.object({ inFlight: z.number(), requests: z.number() }),
  tokens: z.exactOptional(z.object({ prompt: z.number(), generated: z.number() })),
  lease: z.object({
    endsAt: z.exactOptional(z.string()),
    endsBy: z.exactOptional(z.string()),
    idleForMs: z.exactOptional(z.number()),
    warn: z.exactOptional(z.boolean()),
  }),
})

export type KeeperStatus = z.infer<typeof keeperStatus>

const ANSWER_MS = 2000

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
  if (isRented(record)) return rentedStatus(record, deps.clock.now())
  return { ...fromRecord(record), ...(await live(record, keeper, deps)) }
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

/** Base URL of a lab's OpenAI API. */
export const endpointOf = (port: number): string => `http://127.0.0.1:${String(port)}/v1`

async function live(
  record: LocalLab,
  keeper: KeeperRecord | undefined,
  deps: StatusDeps,
): Promise<Pick<LabStatus, 'state'> & Partial<LabStatus>> {
  if (!keeper)
    return { state: 'unfinished', detail: `\`labos up\` stopped after: ${record.stepsDone.at(-1) ?? 'nothing'}` }
  const startedAt = keeper.startedAt
  if (keeper.ended)
    return { state: keeper.ended.reason === 'failed' ? 'failed' : 'ended', detail: keeper.ended.detail, startedAt }
  if (!(await deps.processes.isAlive(keeper)))
    return { state: 'lost', detail: 'its keeper is gone without a word; nothing serves', startedAt }
  const answer = await askStatus(record, deps)
  const pids = { keeper: keeper.pid, ...(answer?.engine.pid === undefined ? {} : { engine: answer.engine.pid }) }
  if (!answer) return { state: 'unresponsive', detail: 'its keeper runs but does not answer', startedAt, pids }
  return { ...fromAnswer(answer, record), startedAt, pids }
}

async function askStatus({ name, plan, id }: LocalLab, { ask, paths }: StatusDeps): Promise<KeeperStatus | undefined> {
  const key = readKey(paths, name)
  if (key === undefined) return undefined
  const answer = await ask({ port: plan.port, key, method: 'GET', path: '/labos/status', timeoutMs: ANSWER_MS }).catch(
    () => undefined,
  )
  const parsed = keeperStatus.safeParse(answer)
  return parsed.success && parsed.data.labId === id ? parsed.data : undefined
}

function fromAnswer(
  { engine, activity, tokens, lease }: KeeperStatus,
  { plan }: LocalLab,
): Pick<LabStatus, 'state'> & Partial<LabStatus> {
  return {
    state: engine.state,
    ...(engine.detail === undefined ? {} : { detail: engine.detail }),
    lease: { ...lease, ...(plan.lease.idleMs === undefined ? {} : { idleMs: plan.lease.idleMs }) },
    activity,
    ...(tokens ? { tokens } : {}),
    restarts: engine.restarts,
    ...(engine.lastExit ? { lastExit: engine.lastExit } : {}),
  }
}
