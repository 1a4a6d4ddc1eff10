/** A lab's endpoint while `labos tunnel` runs: kept open by the command itself, or by the lab's keeper that runs already. */
import { LabosError } from '../../errors/labos-error.js'
import type { SshPlace } from '../../ports.js'
import { logFile } from '../../state/log-file.js'
import { labPaths } from '../../state/paths.js'
import { readKeeper, readLab } from '../../state/read.js'
import type { MachineLab } from '../../state/record.js'
import { ensureKey } from '../../state/store.js'
import { clause } from '../../ui/text.js'
import { choosePort } from '../choose-port.js'
import type { Context } from '../context.js'
import { endRunning } from '../end-running.js'
import { findMachine } from '../find-machine.js'
import { endpointOf } from '../from-answer.js'
import { keepRemote } from '../keep/remote.js'
import { labStatus } from '../lab-status.js'
import { patientStatus } from '../patient-status.js'
import { lockedLab } from '../lock-lab.js'
import { refuseOrphan } from '../run/orphan.js'
import type { TunnelLook } from './news.js'
import type { TunnelRequest } from './tunnel.js'

export interface KeptEndpoint {
  readonly port: number
  readonly keptBy: 'this' | 'keeper'
  /** Undefined: nothing new is known. Throws `machine.gone`, and `endpoint.unreachable` where the keeper is gone, whoever it is. */
  look(): Promise<TunnelLook | undefined>
  /** Resolves when what this command kept is closed. */
  close(): Promise<void>
}

/** How long another command that works on the lab is waited for. */
const WAIT_MS = 5000

/** Throws `port.taken`, `lab.busy`, and `usage.value` for another port than the one on which it is open already. */
export async function openEndpointHere(
  request: TunnelRequest,
  record: MachineLab,
  context: Context,
  signal: AbortSignal,
): Promise<KeptEndpoint> {
  const { name } = record
  if (await keeperAnswers(name, context, signal)) return follow(request, context)
  await refuseOrphan(record, context)
  const command = `labos tunnel ${name}`
  return lockedLab({ name, command, waitMs: WAIT_MS }, context, signal, async () => {
    if (await keeperAnswers(name, context, signal)) return follow(request, context)
    await endRunning(name, context, signal) // one that does not answer
    return keepHere(request, record, context)
  })
}

/** One that answers says how its path is. */
const keeperAnswers = async (name: string, context: Context, signal: AbortSignal): Promise<boolean> =>
  (await patientStatus(name, context, signal)).path !== undefined

function follow({ name, port: wished }: TunnelRequest, context: Context): KeptEndpoint {
  const port = readKeeper(context.paths, name)?.port ?? 0
  if (wished !== undefined && wished !== 0 && wished !== port)
    throw new LabosError('usage.value', `The endpoint of "${name}" is open already, on port ${String(port)}.`, {
      suggestions: [`Use it there: ${endpointOf(port)}.`],
    })
  context.emit({
    type: 'note',
    step: 'endpoint',
    text: `it is open already, and stays open when this command ends`,
  })
  return { port, keptBy: 'keeper', look: () => look(name, context), close: () => Promise.resolve() }
}

async function keepHere(
  { name, port: wished }: TunnelRequest,
  record: MachineLab,
  context: Context,
): Promise<KeptEndpoint> {
  const port = wished === undefined ? (record.port ?? 0) : await choosePort(wished, name, context)
  await ensureKey(context.paths, name)
  const stop = new AbortController()
  const log = logFile(labPaths(context.paths, name).keeperLog)
  let over: Promise<void> = Promise.resolve()
  let broken: { readonly why: unknown } | undefined
  await new Promise<void>((listening, reject) => {
    const deps = {
      ...context,
      port,
      connect: context.ssh,
      random: Math.random,
      findAgain: (place: SshPlace) => findMachine(name, place, context, stop.signal),
      onListening: listening,
      say: (line: string) => log.line(`${new Date(context.clock.now()).toISOString()} ${line}`),
    }
    over = keepRemote(name, deps, stop.signal)
    over.catch((why: unknown) => {
      broken = { why }
      reject(why)
    })
  })
  return {
    port,
    keptBy: 'this',
    look: () => {
      if (broken) throw broken.why
      return look(name, context)
    },
    close: async () => {
      stop.abort()
      await over.catch(() => undefined) // it was thrown from `look`
      await log.flush()
    },
  }
}

async function look(name: string, context: Context): Promise<TunnelLook | undefined> {
  const { state, detail, path, pids } = await labStatus(name, context)
  if (state === 'ended' || !readLab(context.paths, name)) throw ended(name, detail)
  if (pids === undefined) throw closed(name)
  if (!path) return undefined // it does not answer just now
  const { since, ...how } = path
  return {
    path: { ...how, sinceMs: Date.parse(since) },
    engine: { state, ...(detail === undefined ? {} : { detail }) },
  }
}

const ended = (name: string, detail = 'it was taken down'): LabosError =>
  new LabosError('machine.gone', `The lab "${name}" has ended: ${clause(detail)}.`, {
    suggestions: [`See what is left of it: \`labos status ${name} --refresh\`.`],
  })

const closed = (name: string): LabosError =>
  new LabosError('endpoint.unreachable', `The endpoint of "${name}" was closed: what kept it open has ended.`, {
    suggestions: [`Open it again: \`labos tunnel ${name}\`.`],
  })
