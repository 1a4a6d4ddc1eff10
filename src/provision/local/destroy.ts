import type { AskKeeper, Clock, Leftover, MachineRef, ProcessRef, Processes } from '../../ports.js'

export interface DestroyDeps {
  readonly ask: AskKeeper
  readonly clock: Clock
  readonly processes: Processes
}

const POLITE_MS = 10_000
const KILL_MS = 5_000
const POLL_MS = 50

/**
 * Ends a lab's keeper and engine and proves it: asks the keeper first, then SIGTERM, then SIGKILL. Blocks until they
 * are gone, 15 s at most for each. What is already gone is a success.
 */
export async function destroyLocal(
  lab: MachineRef,
  deps: DestroyDeps,
  signal: AbortSignal,
): Promise<readonly Leftover[]> {
  await endProcess(lab.keeper, () => askToStop(lab, deps), deps, signal)
  if (lab.engine) await endProcess(lab.engine, undefined, deps, signal)
  return leftovers(lab, deps)
}

async function endProcess(
  ref: ProcessRef,
  ask: (() => Promise<boolean>) | undefined,
  deps: DestroyDeps,
  signal: AbortSignal,
): Promise<void> {
  if (!(await deps.processes.isAlive(ref))) return
  const agreed = (await ask?.()) ?? false
  if (!agreed) await deps.processes.kill(ref, 'SIGTERM')
  if (await gone(ref, POLITE_MS, deps, signal)) return
  await deps.processes.kill(ref, 'SIGKILL')
  await gone(ref, KILL_MS, deps, signal)
}

async function askToStop({ port, key }: MachineRef, { ask }: DestroyDeps): Promise<boolean> {
  if (key === undefined) return false
  return ask({ port, key, method: 'POST', path: '/labos/stop', timeoutMs: 2000 }).then(
    () => true,
    () => false,
  )
}

async function gone(
  ref: ProcessRef,
  withinMs: number,
  { clock, processes }: DestroyDeps,
  signal: AbortSignal,
): Promise<boolean> {
  const since = clock.monotonicMs()
  while (await processes.isAlive(ref)) {
    if (clock.monotonicMs() - since > withinMs) return false
    await clock.sleep(POLL_MS, signal)
  }
  return true
}

async function leftovers(lab: MachineRef, { processes }: DestroyDeps): Promise<Leftover[]> {
  const found: Leftover[] = []
  for (const [what, ref] of [['keeper', lab.keeper] as const, ['engine', lab.engine] as const]) {
    if (!ref || !(await processes.isAlive(ref))) continue
    found.push({ what: `${what} process ${String(ref.pid)}`, remedy: `kill -9 ${String(ref.pid)}` })
  }
  return found
}
