/** The end of the keeper of a lab on a machine. */
import { hasJumped, TICK_MS } from '../../connect/pulse.js'
import { readMachineLab } from '../../state/read.js'
import { endWithRun } from './end-with-run.js'
import { type Ended, type Held, leaseNow } from './held.js'
import { machineEnd } from './machine-end.js'
import { machineNotes } from './machine-notes.js'
import { silentOf } from './silent.js'

/** Of a machine that is gone, the endpoint says so for a while before it closes. */
const LINGER_MS = 10 * 60_000

/** Resolves with the reason when somebody says so, or the machine has been gone for a while. Looks every two seconds: clocks jump. */
export async function awaitEnd(held: Held, signal: AbortSignal): Promise<Ended> {
  const { clock, say } = held.deps
  const { name, plan } = held.record
  const told = new Set<string>()
  const sayOnce = (text: string, about = text): void => {
    if (!told.has(about)) say(text)
    told.add(about)
  }
  for (;;) {
    const atMs = clock.now()
    if (signal.aborted)
      return {
        at: new Date(atMs).toISOString(),
        reason: 'stopped',
        detail: 'it was told to end: `labos down`, `labos stop`, or a signal',
      }
    noteEnd(held, atMs)
    if (held.ended && atMs - Date.parse(held.ended.at) > LINGER_MS) return held.ended
    const over = await endNow(held, atMs, sayOnce, signal)
    if (over) return over
    const lease = held.ended ? undefined : leaseNow(held)
    const silent = held.session && !held.ended ? silentOf(held.record, held.session.state(), atMs) : undefined
    for (const { about, text } of machineNotes({ name, ttlMs: plan.lease.ttlMs, lease, drift: [], silent }))
      sayOnce(text, about)
    await clock.sleep(TICK_MS, signal).catch(() => undefined)
    if (!hasJumped(clock, atMs)) continue
    say('this computer slept, or the keeper was stopped: looking at everything anew')
    held.watch?.look()
    void held.lease?.look()
  }
}

/** Where the command that the lab is for was killed. */
async function endNow(
  { record, session, serving, deps: { processes } }: Held,
  atMs: number,
  say: (line: string) => void,
  signal: AbortSignal,
): Promise<Ended | undefined> {
  if (!session) return undefined
  return endWithRun(record, { session, serving, processes, say, at: new Date(atMs).toISOString() }, signal)
}

/** A machine that is found again after all has not ended. */
function noteEnd(held: Held, nowMs: number): void {
  const { session, record, ended, deps } = held
  if (!session) return
  const path = session.state()
  const isLate = path.state !== 'connected' && nowMs >= Date.parse(record.expiresAt ?? '')
  const expiresAt = isLate ? expiryNow(held) : record.expiresAt
  const now = machineEnd({ path, lease: leaseNow(held), expiresAt, nowMs })
  if (now && !ended) deps.say(`its machine has ended: ${now.detail}`)
  held.ended = now && ended ? ended : now
}

/** `labos extend` may have moved the deadline since. */
function expiryNow({ record, deps }: Held): string | undefined {
  try {
    return (readMachineLab(deps.paths, record.name) ?? record).expiresAt
  } catch {
    return record.expiresAt // what is wrong with the record is said by who changes it
  }
}
