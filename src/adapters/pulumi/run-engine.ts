/**
 * Pulumi's command line tool as labos runs it: in a session of its own, output to files. So Ctrl-C reaches it once and
 * through us alone, and when we are killed it finishes its step, keeps its state and leaves.
 */
import { spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { readFile, rename } from 'node:fs/promises'
import { delimiter, dirname, join } from 'node:path'
import { systemProcesses } from '../processes.js'
import { systemClock } from '../system-clock.js'
import { type StackFolder } from './folder.js'
import { markProcess, unmark } from './marks.js'

export interface EngineRun {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

/** After the one SIGINT it ends by itself; a provider waits for one answer of AWS at most. */
const PATIENCE_MS = 60_000
const LAST_PATIENCE_MS = 15_000

let runs = 0

/** Output of an engine that runs; its labos renames it when it has ended. */
export const isOfRun = (file: string): boolean => file.endsWith('.out')

/** Resolves when it has ended, whatever its exit. Rejects when it cannot be started, or the signal is aborted before. */
export async function runEngine(
  command: string,
  args: readonly string[],
  { folder, env, signal }: { folder: StackFolder; env: Readonly<Record<string, string>>; signal?: AbortSignal },
): Promise<EngineRun> {
  signal?.throwIfAborted()
  runs += 1
  // Never the name of another run: an engine whose labos was killed still writes to its own files.
  const name = join(folder.runsDir, `${String(Date.now())}-${String(process.pid)}-${String(runs)}`)
  const files = [`${name}.out`, `${name}.err`] as const
  const [out, err] = [openSync(files[0], 'w', 0o600), openSync(files[1], 'w', 0o600)]
  const child = spawn(command, args, {
    cwd: folder.dir,
    env: { ...env, PATH: [dirname(command), env['PATH'] ?? ''].join(delimiter) },
    detached: true,
    windowsHide: true,
    stdio: ['ignore', out, err],
  })
  closeSync(out)
  closeSync(err)
  const ended = new Promise<number>((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code) => resolve(code ?? -1))
  })
  if (child.pid !== undefined) await markProcess(folder.dir, 'engine', child.pid)
  const over = new AbortController()
  const onAbort = (): void => void end(child.pid, over.signal)
  signal?.addEventListener('abort', onAbort, { once: true })
  if (signal?.aborted) onAbort()
  try {
    const exitCode = await ended
    const [stdout, stderr] = await Promise.all(files.map((file) => readFile(file, 'utf8')))
    await Promise.all(files.map((file) => rename(file, `${file}.log`)))
    return { exitCode, stdout: stdout ?? '', stderr: stderr ?? '' }
  } finally {
    over.abort()
    signal?.removeEventListener('abort', onAbort)
    if (child.pid !== undefined) await unmark(folder.dir, 'engine', { pid: child.pid })
  }
}

/** One SIGINT; another, which gives up what is under way, only when that was not enough; then no more asking. */
async function end(pid: number | undefined, over: AbortSignal): Promise<void> {
  const ref = pid === undefined ? undefined : await systemProcesses(process.platform).find(pid)
  if (!ref) return
  try {
    process.kill(ref.pid, 'SIGINT')
    await systemClock.sleep(PATIENCE_MS, over)
    process.kill(ref.pid, 'SIGINT')
    await systemClock.sleep(LAST_PATIENCE_MS, over)
    process.kill(ref.pid, 'SIGKILL')
  } catch {
    // It has ended.
  }
}
