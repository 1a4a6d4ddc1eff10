/** After a crash: who still works on a stack is asked to stop and waited for, so that nothing is made behind our back. */
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock, Processes } from '../../ports.js'
import { parseIntent } from '../intent-file.js'
import type { StackFolder } from './folder.js'
import { runningOn } from './marks.js'
import { isOfRun } from './run-engine.js'

const POLL_MS = 100
/** An engine marks itself right after its start, a provider right after its own. */
const BIRTH_MS = 3000
const PATIENCE_MS = 60_000
/** EC2's reads know of a machine within seconds of its create call. */
const VISIBLE_MS = 15_000

/**
 * Resolves when nobody works on the stack any more. `settleUntilMs`: a create call was sent that was not refused, so not to
 * find its machine before that time proves nothing.
 */
export async function settleStack(
  folder: StackFolder,
  { clock, processes }: { readonly clock: Clock; readonly processes: Processes },
  signal: AbortSignal,
): Promise<{ readonly settleUntilMs?: number; readonly settleRegion?: string }> {
  const bornMs = await newestRunMs(folder)
  const youngMs = bornMs === undefined ? 0 : BIRTH_MS - (clock.now() - bornMs)
  if (youngMs > 0) await clock.sleep(Math.min(youngMs, BIRTH_MS), signal)
  const asked = new Set<number>()
  const sinceMs = clock.monotonicMs()
  for (let marks = await runningOn(folder.dir, processes); marks.length > 0;) {
    const isLate = clock.monotonicMs() - sinceMs > PATIENCE_MS
    for (const mark of marks) {
      if (isLate) await processes.kill(mark, 'SIGKILL')
      else if (!asked.has(mark.pid)) await processes.kill(mark, 'SIGTERM')
      asked.add(mark.pid)
    }
    await clock.sleep(POLL_MS, signal)
    marks = await runningOn(folder.dir, processes)
  }
  const intent = parseIntent(await readFile(folder.intentFile, 'utf8').catch(() => ''))
  const isRefused = intent?.answer !== undefined && 'code' in intent.answer
  return intent && !isRefused ? { settleUntilMs: intent.sentAtMs + VISIBLE_MS, settleRegion: intent.region } : {}
}

/** When the last engine was started whose end nobody saw. */
async function newestRunMs({ runsDir }: StackFolder): Promise<number | undefined> {
  const names = (await readdir(runsDir).catch(() => [])).filter(isOfRun)
  const times = await Promise.all(
    names.map((name) =>
      stat(join(runsDir, name)).then(
        ({ birthtimeMs }) => birthtimeMs,
        () => 0,
      ),
    ),
  )
  return times.length > 0 ? Math.max(...times) : undefined
}
