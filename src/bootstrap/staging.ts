/** Things are made in a folder of their own and appear under their name only when whole. */
import { mkdir, mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fromFileSystem, systemCode } from '../errors/from-system.js'
import type { Clock } from '../ports.js'

const PREFIX = '.making-'
/** A folder left by a labos that was killed; nothing is made for that long without touching its folder. */
const STALE_MS = 24 * 3_600_000

/** Runs `work` with a new folder under `parent`, and removes that folder however it went. */
export async function inStaging<T>(parent: string, clock: Clock, work: (staging: string) => Promise<T>): Promise<T> {
  const staging = await open(parent, clock)
  try {
    return await work(staging)
  } catch (error) {
    throw fromFileSystem(error, parent)
  } finally {
    await discard(staging)
  }
}

async function open(parent: string, clock: Clock): Promise<string> {
  try {
    await mkdir(parent, { recursive: true, mode: 0o700 })
    await sweep(parent, clock)
    return await mkdtemp(join(parent, PREFIX))
  } catch (error) {
    throw fromFileSystem(error, parent)
  }
}

async function sweep(parent: string, clock: Clock): Promise<void> {
  for (const name of await readdir(parent)) {
    if (!name.startsWith(PREFIX)) continue
    const left = await stat(join(parent, name)).catch(() => undefined)
    if (left && clock.now() - left.mtimeMs > STALE_MS) await discard(join(parent, name))
  }
}

/** Never fails the work it comes after. Virus scanners on Windows hold files for a moment: tried a few times. */
const discard = (folder: string): Promise<void> =>
  rm(folder, { recursive: true, force: true, maxRetries: 3 }).catch(() => undefined)

const OCCUPIED = new Set(['ENOTEMPTY', 'EEXIST', 'EPERM', 'EACCES'])
const TRIES = 3

/**
 * Gives a made folder its final name. When another labos was faster, its folder stays and ours is left where it is; a
 * folder in the way that is not whole is moved beside `made`, to be discarded with it.
 */
export async function moveIntoPlace(made: string, place: string, isWhole: () => Promise<boolean>): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await rename(made, place)
      return
    } catch (error) {
      if (await isWhole()) return
      if (attempt === TRIES || !OCCUPIED.has(systemCode(error) ?? '')) throw error
      await rename(place, join(dirname(made), `replaced-${String(attempt)}`)).catch(() => undefined)
    }
  }
}

/** Bytes of all files under a folder; what vanishes meanwhile counts nothing. */
export async function folderBytes(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => [])
  const sizes = await Promise.all(
    entries.filter((entry) => entry.isFile()).map((entry) => fileBytes(join(entry.parentPath, entry.name))),
  )
  return sizes.reduce((sum, size) => sum + size, 0)
}

const fileBytes = (path: string): Promise<number> =>
  stat(path).then(
    ({ size }) => size,
    () => 0,
  )
