import { rm } from 'node:fs/promises'
import { dirname, isAbsolute, relative } from 'node:path'
import { labNames, readLab } from '../state/read.js'
import type { LabRecord } from '../state/record.js'
import type { Context } from './context.js'

/** Removes the engine and weights of a lab from the cache, where no other lab uses them. Resolves to what was removed. */
export async function purgeUnused(record: LabRecord, { paths }: Context): Promise<string[]> {
  if (!record.laboratory) return []
  const others = labNames(paths).flatMap((name) => readLab(paths, name)?.laboratory ?? [])
  const used = new Set(others.flatMap(({ engineHome, weightsPath }) => [engineHome, weightsPath]))
  const removed: string[] = []
  for (const path of [record.laboratory.engineHome, record.laboratory.weightsPath]) {
    if (used.has(path) || !isInside(path, paths.cacheDir)) continue
    await rm(path, { recursive: true, force: true })
    await rm(`${path}.checked`, { force: true })
    removed.push(path)
  }
  return removed
}

/** Only what labos itself put into its cache is ever removed. */
function isInside(path: string, dir: string): boolean {
  const way = relative(dir, path)
  return way !== '' && !way.startsWith('..') && !isAbsolute(way) && dirname(way) !== '.'
}
