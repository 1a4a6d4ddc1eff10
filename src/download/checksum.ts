/** Whether a file's content is right, remembered beside it so that large files are not read each time. */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readFile, stat, writeFile } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import * as z from 'zod/mini'

/** sha256 of a file, hex. Reads it whole, in pieces. */
export async function sha256Of(path: string, signal?: AbortSignal): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), hash, { signal })
  return hash.digest('hex')
}

/** Notes beside a file that its content is right, as it is now. `place` is where the file is about to be renamed to. */
export async function markChecked(path: string, sha256: string, place = path): Promise<void> {
  const { size, mtimeMs } = await stat(path)
  await writeFile(markPath(place), JSON.stringify({ size, mtimeMs, sha256 }))
}

/**
 * `whole`: marked and unchanged since, or its content has just passed. `damaged`: its content is not `expected` (or, where
 * that is unknown, not what was once marked). `unknown`: there is nothing to compare it with.
 */
export type FileState = 'missing' | 'whole' | 'damaged' | 'unknown'

export async function checkFile(path: string, expected?: string, signal?: AbortSignal): Promise<FileState> {
  const found = await stat(path).catch(() => undefined)
  if (!found) return 'missing'
  const mark = await readMark(path)
  const isMarked = mark !== undefined && (expected === undefined || mark.sha256 === expected)
  if (isMarked && mark.size === found.size && mark.mtimeMs === found.mtimeMs) return 'whole'
  const sha256 = expected ?? mark?.sha256
  if (sha256 === undefined) return 'unknown'
  if ((await sha256Of(path, signal)) !== sha256) return 'damaged'
  await markChecked(path, sha256).catch(() => undefined) // a cache that cannot be written is read again next time
  return 'whole'
}

const markPath = (path: string): string => `${path}.checked`

const markShape = z.object({ size: z.number(), mtimeMs: z.number(), sha256: z.string() })

async function readMark(path: string): Promise<z.infer<typeof markShape> | undefined> {
  try {
    return markShape.safeParse(JSON.parse(await readFile(markPath(path), 'utf8'))).data
  } catch {
    return undefined
  }
}
