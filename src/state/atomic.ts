import { randomBytes } from 'node:crypto'
import { mkdir, open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { fromFileSystem } from '../errors/from-system.js'

/**
 * Writes a whole file or nothing: temporary file beside it, fsync, rename. Mode 0600; folders it makes are 0700.
 * A reader sees the old content or the new one. Throws `state.readonly` or `disk.short`.
 */
export async function writeAtomic(path: string, content: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 }).catch((error: unknown) => {
    throw fromFileSystem(error, path)
  })
  await replaceFile(path, content)
}

/** The same, in a folder that is there: one that was removed meanwhile does not come back. */
export async function replaceFile(path: string, content: string): Promise<void> {
  const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`
  try {
    const file = await open(temporary, 'wx', 0o600)
    try {
      await file.writeFile(content)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined)
    throw fromFileSystem(error, path)
  }
}
