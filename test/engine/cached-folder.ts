/** Folders in the test cache that are slow to make and never change once made. */
import { createHash } from 'node:crypto'
import { existsSync, statSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { testCacheDir } from '../setup/test-cache.js'

/**
 * Resolves to `NAME-HASH` in the test cache, where the hash is of the files in `recipe`: files, and folders of files.
 * What is not there is made: `make` fills a folder of another name, which gets this one when all is well. Rejects as `make` does, and leaves nothing then.
 */
export async function cachedFolder(
  name: string,
  recipe: readonly string[],
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

async function hashOf(recipe: readonly string[]): Promise<string> {
  const hash = createHash('sha256')
  for (const path of recipe) {
    const entries = statSync(path).isDirectory() ? await readdir(path, { withFileTypes: true }) : []
    const names = entries.filter((entry) => entry.isFile()).map((entry) => join(path, entry.name))
    for (const file of entries.length > 0 ? names.sort() : [path]) {
      hash.update(`${basename(file)}\0`).update(await readFile(file))
    }
  }
  return hash.digest('hex').slice(0, 16)
}
