import { execFile } from 'node:child_process'
import { statfs } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { dirname } from 'node:path'
import { promisify } from 'node:util'
import { systemCode } from '../../errors/from-system.js'
import type { ComputerFacts } from '../../ports.js'

/** What this computer has, now. `diskPath` need not exist yet. */
export async function computerFacts(diskPath: string): Promise<ComputerFacts> {
  return {
    platform: `${process.platform}-${process.arch}`,
    cores: availableParallelism(),
    memoryAvailableBytes: process.platform === 'darwin' ? await macAvailableBytes() : process.availableMemory(),
    diskFreeBytes: await diskFreeBytes(diskPath),
    diskPath,
  }
}

async function diskFreeBytes(path: string): Promise<number> {
  try {
    const { bavail, bsize } = await statfs(path)
    return bavail * bsize
  } catch (error) {
    if (systemCode(error) !== 'ENOENT' || dirname(path) === path) throw error
    return diskFreeBytes(dirname(path))
  }
}

/** macOS calls only untouched pages free; what it would give up at once is counted too. */
async function macAvailableBytes(): Promise<number> {
  const { stdout } = await promisify(execFile)('vm_stat', [], { timeout: 5000 })
  return parseVmStat(stdout)
}

/** Bytes of the free, inactive, speculative and purgeable pages in the output of macOS's `vm_stat`. */
export function parseVmStat(text: string): number {
  const pageBytes = Number(/page size of (\d+) bytes/.exec(text)?.[1] ?? 4096)
  const pages = (name: string): number => Number(new RegExp(`^Pages ${name}:\\s+(\\d+)`, 'm').exec(text)?.[1] ?? 0)
  return pageBytes * ['free', 'inactive', 'speculative', 'purgeable'].reduce((sum, name) => sum + pages(name), 0)
}
