import type { Leftover, MachineRef } from '../ports.js'
import { LabosError } from '../errors/labos-error.js'
import { readKeeper, readKey } from '../state/read.js'
import type { LocalLab } from '../state/record.js'
import type { Context } from './context.js'

/** Ends what runs for a lab; an empty list is the proof that nothing does. Success when nothing ran. */
export async function endRunning(name: string, context: Context, signal: AbortSignal): Promise<readonly Leftover[]> {
  const keeper = readKeeper(context.paths, name)
  if (!keeper) return []
  const ref: MachineRef = {
    port: keeper.port,
    key: readKey(context.paths, name),
    keeper,
    ...(keeper.engine ? { engine: keeper.engine } : {}),
  }
  return context.provider.destroy(ref, signal)
}

/** The same for a lab whose machine is given back: an endpoint that stays costs nothing, and must not keep anybody from that. */
export async function closeEndpoint(name: string, context: Context, signal: AbortSignal): Promise<void> {
  const left = await endRunning(name, context, signal).catch((error: unknown) => [
    { what: `its keeper (${error instanceof Error ? error.message : String(error)})`, remedy: `labos ps` },
  ])
  for (const { what, remedy } of left) context.emit({ type: 'note', text: `still here: ${what}; ${remedy}` })
}

const FREE_MS = 15_000
const POLL_MS = 100

/**
 * The same for a lab that is given up (`down --force`): where keeper.json is damaged no pid is known, so the keeper is
 * asked on the lab's port, and the proof is that nobody listens there any more. An engine does not outlive its keeper.
 */
export async function endRunningByForce(
  name: string,
  record: LocalLab | undefined,
  context: Context,
  signal: AbortSignal,
): Promise<readonly Leftover[]> {
  try {
    return await endRunning(name, context, signal)
  } catch (error) {
    if (!(error instanceof LabosError && error.code === 'state.corrupt')) throw error
  }
  if (!record)
    return [{ what: 'whatever its keeper runs, as no record can be read', remedy: `pkill -f 'labos keeper ${name}'` }]
  return endByPort(name, record.plan.port, context, signal)
}

async function endByPort(
  name: string,
  port: number,
  context: Context,
  signal: AbortSignal,
): Promise<readonly Leftover[]> {
  const { ask, clock, paths, ports } = context
  const question = {
    port,
    key: readKey(paths, name) ?? '',
    method: 'POST' as const,
    path: '/labos/stop',
    timeoutMs: 2000,
  }
  await ask(question).catch(() => undefined) // nobody may be there
  const since = clock.monotonicMs()
  for (let holder = await ports.holder(port); holder; holder = await ports.holder(port)) {
    if (clock.monotonicMs() - since > FREE_MS) {
      const remedy = holder.pid === undefined ? `labos ps` : `kill -9 ${String(holder.pid)}`
      return [{ what: `what listens on port ${String(port)}`, remedy }]
    }
    await clock.sleep(POLL_MS, signal)
  }
  return []
}
