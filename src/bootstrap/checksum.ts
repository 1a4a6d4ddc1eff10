import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readFile, stat, writeFile } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'

/** sha256 of a file, hex. Reads it whole, in pieces. */
export async function sha256Of(path: string, signal?: AbortSignal): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), hash, { signal })
  return hash.digest('hex')
}

const markPath = (path: string): string => `${path}.checked`

/** Notes beside a file that its content is right, so that it is not read again as long as it does not change. */
export async function markChecked(path: string, sha256: string): Promise<void> {
  const { size, mtimeMs } = await stat(path)
  await writeFile(markPath(path), JSON.stringify({ size, mtimeMs, sha256 }))
}

/** `whole`: marked and unchanged, or it has just passed `expected`. `damaged`: it is there but its content is wrong. */
export async function checkFile(path: string, expected?: string): Promise<'missing' | 'whole' | 'damaged'> {
  const found = await stat(path).catch(() => undefined)
  if (!found) return 'missing'
  const mark = await readMark(path)
  if (mark && mark.size === found.size && mark.mtimeMs === found.mtimeMs) return 'whole'
  const sha256 = expected ?? mark?.sha256
  if (sha256 === undefined || (await sha256Of(path)) !== sha256) return 'damaged'
  await markChecked(path, sha256)
  return 'whole'
}

interface Mark {
  readonly size: number
  readonly mtimeMs: number
  readonly sha256: string
}

async function readMark(path: string): Promise<Mark | undefined> {
  try {
    return JSON.parse(await readFile(markPath(path), 'utf8')) as Mark
  } catch {
    return undefined
  }
}
