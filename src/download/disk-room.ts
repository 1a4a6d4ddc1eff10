import { statfs } from 'node:fs/promises'
import { LabosError } from '../errors/labos-error.js'
import { formatBytes } from '../ui/format.js'

const CACHE_ELSEWHERE = 'Or keep engines and weights on another disk: set LABOS_CACHE to a folder there.'

/** Throws `disk.short` before a download that cannot fit. A file system that does not tell is tried. */
export async function checkRoom(
  folder: string,
  needBytes: number,
  what: string,
  elsewhere = CACHE_ELSEWHERE,
): Promise<void> {
  const found = await statfs(folder).catch(() => undefined)
  if (!found) return
  const freeBytes = found.bavail * found.bsize
  if (freeBytes >= needBytes) return
  throw new LabosError(
    'disk.short',
    `${what} needs ${formatBytes(needBytes)} more in ${folder}; ${formatBytes(freeBytes)} are free.`,
    {
      suggestions: ['Free some space and run the same command again.', elsewhere],
    },
  )
}
