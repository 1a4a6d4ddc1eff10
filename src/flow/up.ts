import { LabosError } from '../errors/labos-error.js'
import type { CatalogModel } from '../plan/catalog.js'
import type { Plan } from '../plan/plan.js'
import { labPaths } from '../state/paths.js'
import { readLab } from '../state/read.js'
import { isOnMachine, type LocalLab } from '../state/record.js'
import { ensureKey, ensureLabDir, newLabId, removeLab, saveLab } from '../state/store.js'
import { noteExisting } from './dry-run-note.js'
import { endRunning } from './end-running.js'
import type { Context } from './context.js'
import { differsError, notOwn } from './lab-differs.js'
import { labStatus, type LabStatus } from './lab-status.js'
import { makeLaboratory } from './laboratory.js'
import { lockedLab } from './lock-lab.js'
import { openEndpoint } from './open-endpoint.js'
import { patientStatus } from './patient-status.js'
import { planLab } from './plan-lab.js'
import { proveServing, type Proof } from './prove-serving.js'
import { localProving } from './proving.js'
import { takenOver } from './run/take-over.js'
import { difference, resolveRequest, type UpRequest } from './request.js'

export interface UpResult {
  readonly outcome: 'up' | 'already-up'
  readonly lab: LabStatus
  /** What the proof of serving measured; absent when it was up already. */
  readonly proof?: Proof
  readonly keyFile: string
  /** From the yes to the proof. */
  readonly elapsedMs: number
}

/** How long a second `up` waits for the first: a large download may be under way. */
const WAIT_MS = 6 * 3_600_000

/** Plans and nothing else. */
export async function dryRun(request: UpRequest, context: Context): Promise<Plan> {
  const { model, name } = resolveRequest(request)
  noteExisting(name, context)
  return planLab(request, model, context)
}

/**
 * From nothing to an endpoint that answers. Idempotent: a lab that serves is left as it is, a half-made one goes on
 * where it stopped. When it fails or is interrupted nothing of it runs; what was downloaded is kept.
 */
export async function up(request: UpRequest, context: Context, signal: AbortSignal): Promise<UpResult> {
  const { model, name } = resolveRequest(request)
  const lock = { name, command: `labos up ${request.model}`, waitMs: WAIT_MS }
  const outcome = await lockedLab(lock, context, signal, () => upLocked(request, model, name, context, signal))
  return { ...outcome, keyFile: labPaths(context.paths, name).key }
}

type Outcome = Omit<UpResult, 'keyFile'>

async function upLocked(
  request: UpRequest,
  model: CatalogModel,
  name: string,
  context: Context,
  signal: AbortSignal,
): Promise<Outcome> {
  const found = readLab(context.paths, name)
  if (found && request.runner) throw notOwn(name)
  if (found && isOnMachine(found)) throw differsError(name, 'it is on a machine of its own')
  if (!found) return make(request, await createRecord(request, model, name, context), true, context, signal)
  const status = await patientStatus(name, context, signal)
  const differs = difference(request, model, found.plan)
  const isAlive = status.pids !== undefined
  if (isAlive && differs !== undefined) throw differsError(name, differs)
  const existing = await takenOver(found, context)
  if (status.state === 'serving') return { outcome: 'already-up', lab: status, elapsedMs: 0 }
  if (status.state === 'starting' || status.state === 'restarting')
    return guarded(existing, false, context, () => prove(existing, context, signal))
  await endRunning(name, context, signal)
  const record = differs === undefined ? existing : await createRecord(request, model, name, context, existing)
  return make(request, record, false, context, signal)
}

async function createRecord(
  request: UpRequest,
  model: CatalogModel,
  name: string,
  context: Context,
  before?: LocalLab,
): Promise<LocalLab> {
  // A lab keeps its port for life, unless the user names another.
  const port = request.port ?? before?.plan.port
  const plan = await planLab({ ...request, ...(port === undefined ? {} : { port }) }, model, context)
  context.emit({ type: 'plan', plan })
  await agree(request, context)
  const record: LocalLab = {
    version: 1,
    id: before?.id ?? newLabId(),
    name,
    createdAt: before?.createdAt ?? new Date(context.clock.now()).toISOString(),
    plan,
    stepsDone: ['plan'],
    ...(request.runner ? { runner: request.runner } : {}),
    ...(request.runId === undefined ? {} : { runId: request.runId }),
  }
  await ensureLabDir(context.paths, name)
  await ensureKey(context.paths, name)
  await saveLab(context.paths, record)
  return record
}

async function agree({ agreed }: UpRequest, { prompt }: Context): Promise<void> {
  if (agreed) return
  if (!prompt) {
    throw new LabosError('input.needed', 'The plan needs a yes, and there is no terminal to ask at.', {
      suggestions: ['Agree beforehand: `--yes`.', 'Or only look: `--dry-run`.'],
      aftermath: 'Nothing was created.',
    })
  }
  if (await prompt.confirm('Start it?', true)) return
  throw new LabosError('interrupted', 'Not started: you said no.', {
    suggestions: ['Change the plan with flags: `labos up --help`.'],
    aftermath: 'Nothing was created.',
  })
}

async function make(
  request: UpRequest,
  record: LocalLab,
  isNew: boolean,
  context: Context,
  signal: AbortSignal,
): Promise<Outcome> {
  return guarded(record, isNew, context, async () => {
    const laboratory = await makeLaboratory(record.name, { plan: record.plan, agreed: request.agreed }, context, signal)
    const made: LocalLab = { ...record, laboratory, stepsDone: ['plan', 'laboratory'] }
    await saveLab(context.paths, made)
    const { port, model } = made.plan
    await openEndpoint({ name: made.name, port, model: model.id }, context, signal)
    return prove(made, context, signal)
  })
}

async function prove(record: LocalLab, context: Context, signal: AbortSignal): Promise<Omit<Outcome, 'elapsedMs'>> {
  const proof = await proveServing(localProving(record), context, signal)
  await saveLab(context.paths, { ...record, stepsDone: ['plan', 'laboratory', 'endpoint', 'serving'] })
  return { outcome: 'up', lab: await labStatus(record.name, context), proof }
}

/** Times the work, and undoes it when it fails. */
async function guarded(
  { name }: LocalLab,
  isNew: boolean,
  context: Context,
  work: () => Promise<Omit<Outcome, 'elapsedMs'>>,
): Promise<Outcome> {
  const since = context.clock.monotonicMs()
  try {
    return { ...(await work()), elapsedMs: context.clock.monotonicMs() - since }
  } catch (error) {
    throw await undo(name, isNew, error, context)
  }
}

/** After a failure nothing runs any more. An interrupted first `up` leaves no lab; a failed one keeps its logs. */
async function undo(name: string, isNew: boolean, error: unknown, context: Context): Promise<unknown> {
  const left = await endRunning(name, context, AbortSignal.timeout(30_000)).catch(() => [
    { what: `the lab "${name}"`, remedy: `labos down ${name}` },
  ])
  if (!(error instanceof LabosError)) return error
  if (left.length > 0) {
    return error.withAftermath(`Still running: ${left.map(({ what, remedy }) => `${what} (${remedy})`).join(', ')}.`)
  }
  if (error.code !== 'interrupted' || !isNew) {
    return error.withAftermath(`Nothing of it runs. Its logs are kept: \`labos logs --name ${name}\`.`)
  }
  await removeLab(context.paths, name)
  return error.withAftermath('Nothing of it runs, the lab is removed; what was downloaded whole is kept.')
}
