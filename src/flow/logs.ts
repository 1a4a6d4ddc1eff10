import { open, readFile } from 'node:fs/promises'
import { systemCode } from '../errors/from-system.js'
import { LabosError } from '../errors/labos-error.js'
import { labPaths } from '../state/paths.js'
import { readMachineLab } from '../state/read.js'
import type { MachineLab } from '../state/record.js'
import type { Context } from './context.js'
import { labOnMachine } from './lab-on-machine.js'
import { type Journal, type LabLogs, type LogSource, placeOf } from './log-sources.js'
import { followJournal, readJournal } from './machine-logs.js'

export interface LogWish {
  readonly name: string
  readonly source: LogSource
  /** Lines from the end. Absent: 200, and all with `sinceMs`. */
  readonly tail?: number
  /** Only what was said so long ago or later: of what is in the journal of a machine. */
  readonly sinceMs?: number
}

/** Public: `labos logs --json` prints it. */
export interface LogExcerpt {
  readonly source: LogSource
  /** Of a file on this computer. */
  readonly path?: string
  readonly lines: readonly string[]
}

type Deps = Pick<Context, 'paths' | 'clock' | 'ssh' | 'env'>

const TAIL = 200

/** The last lines of a log; none when the log does not exist yet. Throws `usage.value` where the lab has no such log. */
export async function readLog(wish: LogWish, deps: Deps, signal: AbortSignal): Promise<LogExcerpt> {
  const { source, tail = TAIL } = wish
  const place = whereOf(wish, deps)
  if ('path' in place)
    return { source, ...place, lines: lastLines((await readFrom(place.path, 0)).bytes.toString('utf8'), tail) }
  return { source, lines: await readJournal(place.record, { ...place.journal, ...limits(wish) }, deps, signal) }
}

const POLL_MS = 250

/**
 * Shows the last lines, then each whole line as it is added, until the signal aborts (which is not an error here);
 * a line that was not ended by then comes last.
 */
export async function followLog(
  wish: LogWish,
  deps: Deps,
  onLine: (line: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const place = whereOf(wish, deps)
  if ('path' in place) return followFile(place.path, wish.tail ?? TAIL, deps, onLine, signal)
  return followJournal(place.record, { ...place.journal, ...limits(wish) }, deps, onLine, signal)
}

type Place = { readonly path: string } | { readonly record: MachineLab; readonly journal: Journal }

function kindOf(record: MachineLab | undefined): LabLogs {
  if (!record) return 'local'
  return record.serving || record.plan.serving ? 'rented' : 'machine'
}

function whereOf({ name, source, sinceMs }: LogWish, { paths }: Deps): Place {
  const record = readMachineLab(paths, name)
  const place = placeOf(source, kindOf(record))
  if (typeof place !== 'function') {
    if (record) return { record: labOnMachine('logs', name, paths), journal: place }
    throw new Error(`a local lab with a journal: ${source}`)
  }
  if (sinceMs !== undefined) throw noTimes(source)
  return { path: place(labPaths(paths, name)) }
}

function limits({ tail, sinceMs }: LogWish): { tail?: number; sinceMs?: number } {
  if (sinceMs === undefined) return { tail: tail ?? TAIL }
  return { sinceMs, ...(tail === undefined ? {} : { tail }) }
}

const noTimes = (source: LogSource): LabosError =>
  new LabosError(
    'usage.flags',
    `--since is for logs of a rented machine: this one (${source}) is a file without times.`,
    {
      suggestions: ['Say how many lines: `--tail 500`.'],
    },
  )

async function followFile(
  path: string,
  tail: number,
  { clock }: Pick<Context, 'clock'>,
  onLine: (line: string) => void,
  signal: AbortSignal,
): Promise<void> {
  let { bytes, end } = await readFrom(path, 0)
  let { lines, rest } = wholeLines(bytes)
  if (tail > 0) lines.slice(-tail).forEach(onLine)
  while (!signal.aborted) {
    await clock.sleep(POLL_MS, signal).catch(() => undefined)
    const more = await readFrom(path, end)
    ;({ bytes, end } = more)
    ;({ lines, rest } = wholeLines(more.isAnew ? bytes : Buffer.concat([rest, bytes])))
    lines.forEach(onLine)
  }
  if (rest.length > 0) onLine(rest.toString('utf8'))
}

/** Cut as bytes: a character that is half written is in the rest. */
function wholeLines(bytes: Buffer): { lines: string[]; rest: Buffer } {
  const cut = bytes.lastIndexOf('\n') + 1
  return { lines: bytes.toString('utf8', 0, cut).split('\n').slice(0, -1), rest: bytes.subarray(cut) }
}

function lastLines(text: string, count: number): string[] {
  const lines = text.split('\n')
  if (lines.at(-1) === '') lines.pop()
  return count === 0 ? [] : lines.slice(-count)
}

interface Part {
  readonly bytes: Buffer
  readonly end: number
  /** The file was begun anew: these bytes are from its beginning. */
  readonly isAnew: boolean
}

/** What stands in the file from a byte on. A file that shrank or is gone was begun anew. */
async function readFrom(path: string, start: number): Promise<Part> {
  if (start === 0) {
    const bytes = await readFile(path).catch(missing)
    return { bytes, end: bytes.length, isAnew: true }
  }
  const file = await open(path).catch((error: unknown) => {
    if (systemCode(error) === 'ENOENT') return undefined
    throw error
  })
  if (!file) return { bytes: Buffer.alloc(0), end: 0, isAnew: true }
  try {
    const { size } = await file.stat()
    const isAnew = size < start
    const from = isAnew ? 0 : start
    const { bytesRead, buffer } = await file.read(Buffer.alloc(size - from), 0, size - from, from)
    return { bytes: buffer.subarray(0, bytesRead), end: from + bytesRead, isAnew }
  } finally {
    await file.close()
  }
}

function missing(error: unknown): Buffer {
  if (systemCode(error) === 'ENOENT') return Buffer.alloc(0)
  throw error
}
