import { open, readFile } from 'node:fs/promises'
import { systemCode } from '../errors/from-system.js'
import { labPaths, type LabPaths } from '../state/paths.js'
import type { Context } from './context.js'
import { refuseRented } from './endpoint-access.js'

export const logSources = ['engine', 'keeper', 'setup'] as const
export type LogSource = (typeof logSources)[number]

const fileOf: Readonly<Record<LogSource, (paths: LabPaths) => string>> = {
  engine: ({ engineLog }) => engineLog,
  keeper: ({ keeperLog }) => keeperLog,
  setup: ({ setupLog }) => setupLog,
}

export interface LogWish {
  readonly name: string
  readonly source: LogSource
  /** Lines from the end. */
  readonly tail: number
}

export interface LogExcerpt {
  readonly source: LogSource
  readonly path: string
  readonly lines: readonly string[]
}

/** The last lines of a log; none when the log does not exist yet. */
export async function readLog({ name, source, tail }: LogWish, { paths }: Pick<Context, 'paths'>): Promise<LogExcerpt> {
  refuseRented(name, paths)
  const path = fileOf[source](labPaths(paths, name))
  return { source, path, lines: lastLines((await readFrom(path, 0)).bytes.toString('utf8'), tail) }
}

const POLL_MS = 250

/**
 * Shows the last lines, then each whole line as it is added, until the signal aborts (which is not an error here);
 * a line that was not ended by then comes last.
 */
export async function followLog(
  wish: LogWish,
  { paths, clock }: Pick<Context, 'paths' | 'clock'>,
  onLine: (line: string) => void,
  signal: AbortSignal,
): Promise<void> {
  refuseRented(wish.name, paths)
  const path = fileOf[wish.source](labPaths(paths, wish.name))
  let { bytes, end } = await readFrom(path, 0)
  let { lines, rest } = wholeLines(bytes)
  if (wish.tail > 0) lines.slice(-wish.tail).forEach(onLine)
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
