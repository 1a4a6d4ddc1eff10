/** The end of the keeper of a lab on a machine. */
import { hasJumped, TICK_MS } from '../../connect/pulse.js'
import type { MachineLab } from '../../state/record.js'
import { endWithRun } from './end-with-run.js'
import { type Ended, type Held, leaseNow, machineLabNow } from './held.js'
import { machineEnd } from './machine-end.js'
import { machineNotes } from './machine-notes.js'
import { sayOnce } from './say-once.js'
import { silentOf } from './silent.js'

/** Of a machine that is gone, the endpoint says so for a while before it closes. */
const LINGER_MS = 10 * 60_000

/** Resolves with the reason when somebody says so, or the machine has been gone for a while. Looks every two seconds: clocks jump. */
export async function awaitEnd(held: Held, signal: AbortSignal): Promise<Ended> {
  const { clock, say } = held.deps
  const sayNew = sayOnce(say)
  for (;;) {
    const atMs = clock.now()
    if (signal.aborted)
      return {
        at: new Date(atMs).toISOString(),
        reason: 'stopped',
        detail: 'it was told to end: `labos down`, `labos stop`, or a signal',
      }
    const record = machineLabNow(held)
    if (!record) return { at: new Date(atMs).toISOString(), reason: 'stopped', detail: 'its lab was removed' }
    noteEnd(held, record, atMs)
    if (held.ended && atMs - Date.parse(held.ended.at) > LINGER_MS) return held.ended
    const over = await endNow(held, record, atMs, sayNew, signal)
    if (over) return over
    if (!held.ended) for (const { about, text } of notesNow(held, record, atMs)) sayNew(text, about)
    await clock.sleep(TICK_MS, signal).catch(() => undefined)
    if (!hasJumped(clock, atMs)) continue
    say('this computer slept, or the keeper was stopped: looking at everything anew')
    held.watch?.look()
    void held.lease?.look()
  }
}

function notesNow(held: Held, record: MachineLab, atMs: number): ReturnType<typeof machineNotes> {
  const silent = held.session && silentOf(record, held.session.state(), atMs)
  const { name, plan } = record
  return machineNotes({ name, ttlMs: plan.lease.ttlMs, lease: leaseNow(held), drift: [], silent })
}

/** Where the command that the lab is for was killed. */
async function endNow(
  { session, serving, deps: { processes } }: Held,
  record: MachineLab,
  atMs: number,
  say: (line: string) => void,
  signal: AbortSignal,
): Promise<Ended | undefined> {
  if (!session) return undefined
  return endWithRun(record, { session, serving, processes, say, at: new Date(atMs).toISOString() }, signal)
}

/** A machine that is found again after all has not ended. */
function noteEnd(held: Held, { expiresAt }: MachineLab, nowMs: number): void {
  const { session, ended, deps } = held
  if (!session) return
  const unreadMs = held.lease?.read()?.ageMs
  const now = machineEnd({ path: session.state(), lease: leaseNow(held), unreadMs, expiresAt, nowMs })
  if (now && !ended) deps.say(`its machine has ended: ${now.detail}`)
  held.ended = now && ended ? ended : now
}
