/** Folders in the test cache that are slow to make and never change once made. */
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { testCacheDir } from '../setup/test-cache.js'

/**
 * Resolves to `NAME-HASH` in the test cache, where the hash is of the files in `recipe`, a folder. What is not there is made:
 * `make` fills a folder of another name, which gets this one when all is well. Rejects as `make` does, and leaves nothing then.
 */
export async function cachedFolder(
  name: string,
  recipe: string,
  make: (folder: string) => Promise<void>,
): Promise<string> {
  const home = join(testCacheDir(), `${name}-${await hashOf(recipe)}`)
  if (existsSync(home)) return home
  await mkdir(testCacheDir(), { recursive: true })
  const draft = await mkdtemp(`${home}.`)
  try {
    await make(draft)
    await rename(draft, home)
  } catch (error) {
    if (!existsSync(home)) throw error // else another has made it meanwhile
  } finally {
    await rm(draft, { recursive: true, force: true })
  }
  return home
}

async function hashOf(folder: string): Promise<string> {
  const hash = createHash('sha256')
  const entries = await readdir(folder, { withFileTypes: true })
  for (const name of entries
    .filter((entry) => entry.isFile())
    .map((entry) => entry.name)
    .sort()) {
    hash.update(`${name}\0`).update(await readFile(join(folder, name)))
  }
  return hash.digest('hex').slice(0, 16)
}
