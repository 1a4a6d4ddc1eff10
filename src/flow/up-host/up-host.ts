/** From a host of the user's own to an endpoint that answers; or on with one that an earlier `up` began. */
import { LabosError } from '../../errors/labos-error.js'
import type { RemoteMachine } from '../../ports.js'
import { systemctl, unitOf } from '../../serve/remote/on-machine.js'
import type { HostLab } from '../../state/host-record.js'
import { readLab } from '../../state/read.js'
import { isOnHost } from '../../state/record.js'
import { ensureLabDir, newLabId, saveLab } from '../../state/store.js'
import { choosePort } from '../choose-port.js'
import type { Context } from '../context.js'
import { checkDeadline, differsError, notOwn } from '../lab-differs.js'
import { patientStatus } from '../patient-status.js'
import { proveServing, type Proof } from '../prove-serving.js'
import { machineProving } from '../proving.js'
import { takenOver } from '../run/take-over.js'
import { type MachineUp, type Outcome, upMachine } from '../up-machine.js'
import { awaitLaboratory } from '../up-rented/await-laboratory.js'
import { openRented } from '../up-rented/open-rented.js'
import { guardHost } from './guard-host.js'
import { hostRecordParts, termsThere } from './host-parts.js'
import { planHostLab } from './plan-host-lab.js'
import { reachHost, type ReachedHost } from './reach-host.js'
import { hostDifference, hostLabName, type HostUpRequest } from './request.js'
import { setUpHost } from './set-up.js'

/** How long a second `up` waits for the first: a large download may be under way. */
const WAIT_MS = 6 * 3_600_000
/** From the engine's first answer on its machine; kernels are compiled at the first requests. */
const FIRST_TOKEN_MS = 5 * 60_000

/**
 * Idempotent: a lab that serves is left as it is, a half-made one goes on where it stopped. Nothing is made on the host before
 * the user said yes; when the first `up` fails or is interrupted, what it made there is removed again, unless `keep`.
 */
export function upHost(request: HostUpRequest, context: Context, signal: AbortSignal): Promise<MachineUp> {
  const name = hostLabName(request)
  const wish = { name, model: request.model, waitMs: WAIT_MS }
  return upMachine(wish, context, signal, () => upLocked(name, request, context, signal))
}

async function upLocked(name: string, request: HostUpRequest, context: Context, signal: AbortSignal): Promise<Outcome> {
  const existing = readLab(context.paths, name)
  if (existing && request.runner) throw notOwn(name)
  if (existing && !isOnHost(existing)) throw differsError(name, 'it is not on a host of your own')
  if (existing) checkSame(request, existing)
  const lab = existing && (await takenOver(existing, context))
  if (lab && (await patientStatus(name, context, signal)).state === 'serving')
    return { outcome: 'already-up', record: lab }
  const sinceMs = context.clock.monotonicMs()
  context.emit({ type: 'start', step: 'facts', text: `looking at ${request.target}` })
  const reached = await reachHost(request, context, signal)
  const elapsedMs = context.clock.monotonicMs() - sinceMs
  if (lab) context.emit({ type: 'done', step: 'facts', text: `${request.target} answers`, elapsedMs })
  try {
    return lab ? await goOn(lab, reached, context, signal) : await first(name, request, reached, context, signal)
  } finally {
    reached.machine.close()
  }
}

function checkSame(request: HostUpRequest, lab: HostLab): void {
  const differs = hostDifference(request, lab)
  if (differs !== undefined) throw differsError(lab.name, differs)
  checkDeadline(lab, request.ttlMs)
}

async function first(
  name: string,
  request: HostUpRequest,
  { machine, ssh }: ReachedHost,
  context: Context,
  signal: AbortSignal,
): Promise<Outcome> {
  const { clock, emit, paths } = context
  const sinceMs = clock.monotonicMs()
  const planned = await planHostLab(request, { name, labId: '' }, machine, context, signal)
  const port = await choosePort(request.port, name, context)
  const { target, gpu, driver } = planned.plan
  emit({
    type: 'done',
    step: 'facts',
    text: `${target}: ${gpu}, driver ${driver}`,
    elapsedMs: clock.monotonicMs() - sinceMs,
  })
  const parts = hostRecordParts(planned, request)
  emit({ type: 'host-plan', plan: planned.plan, serving: termsThere(parts) })
  await agree(request, context)
  const record: HostLab = {
    version: 1,
    id: newLabId(),
    name,
    createdAt: new Date(clock.now()).toISOString(),
    ...parts,
    stepsDone: ['plan'],
    owner: context.owner,
    ...(request.runId === undefined ? {} : { runId: request.runId }),
    ...(request.runner ? { runner: request.runner } : {}),
    port,
    ssh,
  }
  await ensureLabDir(paths, name)
  await saveLab(paths, record) // before the first thing is made there
  return guardHost(record, request, context, async () => {
    const made = await setUp(record, machine, context, signal)
    return { outcome: 'up' as const, ...(await serve(made, context, signal)) }
  })
}

async function agree({ agreed, target }: HostUpRequest, { prompt }: Context): Promise<void> {
  if (agreed) return
  const aftermath = `Nothing was made on ${target}.`
  if (!prompt)
    throw new LabosError('input.needed', 'The plan needs a yes, and there is no terminal to ask at.', {
      suggestions: ['Agree beforehand: `--yes`.', 'Or only look: `--dry-run`.'],
      aftermath,
    })
  if (await prompt.confirm(`Make this on ${target}?`, true)) return
  throw new LabosError('interrupted', 'Not made: you said no.', {
    suggestions: ['Change the plan with flags: `labos up --help`.'],
    aftermath,
  })
}

/** What failed before is tried again; what runs is left as it is. The way to log in is the one that worked now. */
async function goOn(lab: HostLab, reached: ReachedHost, context: Context, signal: AbortSignal): Promise<Outcome> {
  const record = { ...lab, ssh: reached.ssh }
  await saveLab(context.paths, record)
  const made = (await runsThere(record, reached.machine, signal))
    ? record
    : await setUp(record, reached.machine, context, signal)
  return { outcome: 'up', ...(await serve(made, context, signal)) }
}

async function setUp(record: HostLab, machine: RemoteMachine, context: Context, signal: AbortSignal): Promise<HostLab> {
  const leased = await setUpHost(record, machine, context, signal)
  const made: HostLab = { ...leased, stepsDone: ['plan', 'host'] }
  await saveLab(context.paths, made)
  return made
}

async function runsThere(
  { serving, stepsDone }: HostLab,
  machine: RemoteMachine,
  signal: AbortSignal,
): Promise<boolean> {
  if (!stepsDone.includes('host')) return false
  const units = (['bootstrap', 'engine'] as const).map((unit) => `${unitOf(serving, unit)}.service`)
  const { exitCode } = await machine.run({ argv: systemctl(serving, ['is-active', '--quiet', ...units]) }, signal)
  return exitCode === 0 // one of them is
}

async function serve(
  record: HostLab,
  context: Context,
  signal: AbortSignal,
): Promise<{ readonly record: HostLab; readonly proof: Proof }> {
  await openRented(record, context, signal)
  await awaitLaboratory(record, context, signal)
  const proof = await proveServing(machineProving(record, FIRST_TOKEN_MS), context, signal)
  const served = { ...record, stepsDone: ['plan', 'host', 'laboratory', 'serving'] }
  await saveLab(context.paths, served)
  return { record: served, proof }
}
