import { rm } from 'node:fs/promises'
import { dirname, isAbsolute, relative } from 'node:path'
import { LabosError } from '../errors/labos-error.js'
import type { Paths } from '../state/paths.js'
import { labNames, readLocalLab } from '../state/read.js'
import type { LocalLab } from '../state/record.js'
import type { Context } from './context.js'

/** Removes the engine and weights of a lab from the cache, where no other lab uses them. Resolves to what was removed. */
export async function purgeUnused(record: LocalLab, { paths, emit }: Context): Promise<string[]> {
  if (!record.laboratory) return []
  const used = usedByLabs(paths)
  if (!used) {
    const text = 'engine and weights are kept: another lab, whose record cannot be read, may use them'
    emit({ type: 'note', step: 'teardown', text })
    return []
  }
  const removed: string[] = []
  for (const path of [record.laboratory.engineHome, record.laboratory.weightsPath]) {
    if (used.has(path) || !isInside(path, paths.cacheDir)) continue
    await rm(path, { recursive: true, force: true })
    await rm(`${path}.checked`, { force: true })
    removed.push(path)
  }
  return removed
}

/** Files that the labs there are use; undefined when one of them cannot be asked. */
function usedByLabs(paths: Paths): ReadonlySet<string> | undefined {
  try {
    const made = labNames(paths).flatMap((name) => readLocalLab(paths, name)?.laboratory ?? [])
    return new Set(made.flatMap(({ engineHome, weightsPath }) => [engineHome, weightsPath]))
  } catch (error) {
    if (error instanceof LabosError) return undefined
    throw error
  }
}

/** Only what labos itself put into its cache is ever removed. */
function isInside(path: string, dir: string): boolean {
  const way = relative(dir, path)
  return way !== '' && !way.startsWith('..') && !isAbsolute(way) && dirname(way) !== '.'
}
