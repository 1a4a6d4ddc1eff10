import { open, readFile } from 'node:fs/promises'
import { systemCode } from '../errors/from-system.js'
import { labPaths, type LabPaths } from '../state/paths.js'
import type { Context } from './context.js'

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
  const path = fileOf[source](labPaths(paths, name))
  return { source, path, lines: lastLines((await readFrom(path, 0)).text, tail) }
}

const POLL_MS = 250

/** Shows the last lines, then each whole line as it is added, until the signal aborts (which is not an error here). */
export async function followLog(
  wish: LogWish,
  { paths, clock }: Pick<Context, 'paths' | 'clock'>,
  onLine: (line: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const path = fileOf[wish.source](labPaths(paths, wish.name))
  let { text, end } = await readFrom(path, 0)
  for (const line of lastLines(text, wish.tail)) onLine(line)
  let partial = ''
  while (!signal.aborted) {
    await clock.sleep(POLL_MS, signal).catch(() => undefined)
    ;({ text, end } = await readFrom(path, end))
    const lines = `${partial}${text}`.split('\n')
    partial = lines.pop() ?? ''
    lines.forEach(onLine)
  }
}

function lastLines(text: string, count: number): string[] {
  const lines = text.split('\n')
  if (lines.at(-1) === '') lines.pop()
  return count === 0 ? [] : lines.slice(-count)
}

/** What stands in the file from a byte on. A file that shrank was begun anew: it is read from its beginning. */
async function readFrom(path: string, start: number): Promise<{ text: string; end: number }> {
  if (start === 0) {
    const all = await readFile(path).catch(missing)
    return { text: all.toString('utf8'), end: all.length }
  }
  const file = await open(path).catch((error: unknown) => {
    if (systemCode(error) === 'ENOENT') return undefined
    throw error
  })
  if (!file) return { text: '', end: 0 }
  try {
    const { size } = await file.stat()
    const from = size < start ? 0 : start
    const { bytesRead, buffer } = await file.read(Buffer.alloc(size - from), 0, size - from, from)
    return { text: buffer.toString('utf8', 0, bytesRead), end: from + bytesRead }
  } finally {
    await file.close()
  }
}

function missing(error: unknown): Buffer {
  if (systemCode(error) === 'ENOENT') return Buffer.alloc(0)
  throw error
}
