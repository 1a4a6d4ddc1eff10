/** `labos pull`: the weights of a model as files, for any other program. */
import { join, resolve } from 'node:path'
import { checkRoom } from '../download/disk-room.js'
import { fromFileSystem } from '../errors/from-system.js'
import { LabosError } from '../errors/labos-error.js'
import { fetchFile, partBytes } from '../hub/fetch-file.js'
import { dropOtherParts, isPresent, makeFolder, pullFolder, type PullFolder, writePin } from '../hub/pull-folder.js'
import type { HubRepo, RepoFile } from '../hub/repo.js'
import { checkPaths, selectFiles } from '../hub/select-files.js'
import type { Precision } from '../plan/precision.js'
import { takeLock } from '../state/lock.js'
import { formatBytes } from '../ui/format.js'
import { meter } from '../ui/meter.js'
import type { Context } from './context.js'
import { chooseCommit, type ChosenCommit } from './pull-commit.js'
import { pullSource, type PullSource } from './pull-source.js'

export interface PullRequest {
  readonly model: string
  readonly precision?: Precision
  /** Branch, tag or commit; absent = what the folder follows, else `main`. */
  readonly revision?: string
  /** Default: a folder here, named like the repository. */
  readonly to?: string
  readonly patterns: readonly string[]
  /** Files at the same time. */
  readonly jobs: number
  readonly dryRun: boolean
}

const ELSEWHERE = 'Or pull to another place: `--to DIR`.'

/** Public: `labos pull --json` ends with it. */
export interface PullResult {
  readonly model: string
  readonly repo: string
  readonly commit: string
  readonly movedFrom?: string
  readonly folder: string
  readonly files: readonly PulledFile[]
  readonly bytes: number
  readonly fetchedBytes: number
  readonly elapsedMs: number
  /** The same model in other precisions: names for `pull`. */
  readonly others: readonly string[]
}

export interface PulledFile {
  readonly path: string
  readonly bytes: number
  readonly sha256?: string
  /** `missing` only in a dry run. */
  readonly state: 'fetched' | 'present' | 'missing'
}

/**
 * Idempotent: files that are there and checked are neither fetched nor read again. Throws `model.unknown`, `hub.unknown`,
 * `hub.gated`, `hub.unsafe`, `pull.taken`, `disk.short`, `network.download`, `weights.damaged`, `lab.busy`.
 */
export async function pull(request: PullRequest, context: Context, signal: AbortSignal): Promise<PullResult> {
  const sinceMs = context.clock.monotonicMs()
  const source = pullSource(request)
  const folder = pullFolder(resolve(request.to ?? join('.', source.repo.split('/').at(-1) ?? source.repo)))
  const chosen = await chooseCommit({ repo: source.repo, revision: request.revision }, folder, context, signal)
  const { repo } = chosen
  const files = selectFiles(repo.files, request.patterns)
  checkPaths(files)
  if (request.dryRun) {
    const looked = await look(folder, files, context, signal)
    return resultOf(request, source, repo, folder, looked, 0, 0)
  }
  const pulled = await held(folder, request, context, signal, () =>
    pullFiles(folder, chosen, files, request.jobs, context, signal),
  )
  const elapsedMs = context.clock.monotonicMs() - sinceMs
  return resultOf(request, source, repo, folder, pulled.files, pulled.fetchedBytes, elapsedMs)
}

async function held<T>(
  folder: PullFolder,
  { model }: PullRequest,
  context: Context,
  signal: AbortSignal,
  work: () => Promise<T>,
): Promise<T> {
  try {
    await makeFolder(folder)
    const wish = { command: `labos pull ${model}`, what: folder.dir, waitMs: 0 }
    const release = await takeLock(folder.lockPath, wish, context, signal)
    try {
      return await work()
    } finally {
      await release()
    }
  } catch (error) {
    throw fromFileSystem(error, folder.dir, ELSEWHERE)
  }
}

interface Pulled {
  readonly files: readonly PulledFile[]
  readonly fetchedBytes: number
}

async function pullFiles(
  folder: PullFolder,
  { repo, revision }: ChosenCommit,
  files: readonly RepoFile[],
  jobs: number,
  context: Context,
  signal: AbortSignal,
): Promise<Pulled> {
  await writePin(folder, { repo: repo.repo, commit: repo.commit, revision })
  await dropOtherParts(folder, repo.files)
  const looked = await look(folder, files, context, signal)
  const missing = files.filter((_, index) => looked[index]?.state === 'missing')
  const parts = await Promise.all(missing.map((file) => partBytes(folder, file)))
  const haveBytes = parts.reduce((sum, bytes) => sum + bytes, 0)
  const allBytes = missing.reduce((sum, { bytes }) => sum + bytes, 0)
  await checkRoom(folder.dir, allBytes - haveBytes, repo.repo, ELSEWHERE)
  if (missing.length > 0) await fetchAll(folder, repo, missing, parts, jobs, context, signal)
  const done = looked.map((file): PulledFile => (file.state === 'missing' ? { ...file, state: 'fetched' } : file))
  return { files: done, fetchedBytes: allBytes - haveBytes }
}

/** Large files first, `jobs` at a time; the first failure ends the others, which keep what they have. */
async function fetchAll(
  folder: PullFolder,
  repo: HubRepo,
  files: readonly RepoFile[],
  parts: readonly number[],
  jobs: number,
  context: Context,
  signal: AbortSignal,
): Promise<void> {
  const doneBytes = new Map(files.map((file, index) => [file.path, parts[index] ?? 0]))
  const sum = (): number => [...doneBytes.values()].reduce((all, bytes) => all + bytes, 0)
  const total = files.reduce((all, { bytes }) => all + bytes, 0)
  const shown = meter('weights', total, context.emit, context.clock, sum())
  context.emit({
    type: 'start',
    step: 'weights',
    text: `${repo.repo}, ${filesText(files.length)}, ${formatBytes(total)}`,
  })
  const either = new AbortController()
  const until = AbortSignal.any([signal, either.signal])
  const queue = files.toSorted((a, b) => b.bytes - a.bytes)
  const work = async (): Promise<void> => {
    for (let file = queue.shift(); file; file = queue.shift()) {
      const { path } = file
      const sinceMs = context.clock.monotonicMs()
      const onBytes = (bytes: number): void => {
        doneBytes.set(path, bytes)
        shown.at(sum())
      }
      await fetchFile(folder, repo, file, onBytes, context, until)
      const elapsedMs = context.clock.monotonicMs() - sinceMs
      context.emit({ type: 'done', step: 'weights', text: `${path}, ${formatBytes(file.bytes)}`, elapsedMs })
    }
  }
  const workers = Array.from({ length: Math.min(jobs, files.length) }, () => work())
  try {
    await Promise.all(workers)
  } catch (error) {
    either.abort(error)
    await Promise.allSettled(workers)
    throw keptAftermath(error, folder)
  }
}

/** What is there of each file now. */
async function look(
  folder: PullFolder,
  files: readonly RepoFile[],
  context: Context,
  signal: AbortSignal,
): Promise<PulledFile[]> {
  const found: PulledFile[] = []
  for (const file of files) {
    const { path, bytes, digest } = file
    const onRead = (): void => context.emit({ type: 'note', step: 'weights', text: `${path} is here; reading it` })
    const state = (await isPresent(folder, file, onRead, signal)) ? 'present' : 'missing'
    found.push({ path, bytes, ...(digest.kind === 'sha256' ? { sha256: digest.hex } : {}), state })
  }
  return found
}

function resultOf(
  { model }: PullRequest,
  { others }: PullSource,
  { repo, commit, movedFrom }: HubRepo,
  { dir }: PullFolder,
  files: readonly PulledFile[],
  fetchedBytes: number,
  elapsedMs: number,
): PullResult {
  return {
    model,
    repo,
    commit,
    ...(movedFrom === undefined ? {} : { movedFrom }),
    folder: dir,
    files,
    bytes: files.reduce((sum, { bytes }) => sum + bytes, 0),
    fetchedBytes,
    elapsedMs,
    others,
  }
}

export const filesText = (count: number): string => `${String(count)} file${count === 1 ? '' : 's'}`

const keptAftermath = (error: unknown, { dir }: PullFolder): unknown =>
  error instanceof LabosError ? error.withAftermath(`What came so far is kept in ${dir}.`) : error
