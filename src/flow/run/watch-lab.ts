/** While the command of `labos run` works: warns before its lab ends, and says when it does not serve any more. */
import { formatTime } from '../../ui/format.js'
import type { Context } from '../context.js'
import { labStatus, type LabState, type LabStatus } from '../lab-status.js'

const LOOK_MS = 15_000

/** Until the signal aborts. Never rejects. */
export async function watchLab(name: string, context: Context, signal: AbortSignal): Promise<void> {
  let said: string | undefined
  for (;;) {
    await context.clock.sleep(LOOK_MS, signal).catch(() => undefined)
    if (signal.aborted) return
    const text = warningOf(await labStatus(name, context))
    if (text !== undefined && text !== said) context.emit({ type: 'warning', text })
    said = text
  }
}

/** `running`: nobody keeps its endpoint open. */
const OVER: ReadonlySet<LabState> = new Set(['ended', 'failed', 'lost', 'running'])

function warningOf({ name, state, detail, lease }: LabStatus): string | undefined {
  if (OVER.has(state)) return `${name} does not serve any more: ${detail ?? state}`
  if (lease?.warn !== true || lease.endsAt === undefined) return undefined
  const flag = lease.endsBy === 'idle' ? '--idle' : '--ttl'
  return `${name} ends by itself at ${formatTime(lease.endsAt)} (${flag}), whether the command has ended or not`
}
