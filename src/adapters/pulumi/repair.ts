/** What a killed engine leaves in a state of files: a lock, and the mark of a create that it never heard the end of. */
import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { systemProcesses } from '../processes.js'
import { checkpointFile, locksDir, type StackFolder } from './folder.js'

export const hasCheckpoint = (folder: StackFolder, stack: string): boolean => existsSync(checkpointFile(folder, stack))

/** True where the checkpoint holds operations without an end. */
export function hasPending(checkpoint: string): boolean {
  try {
    const parsed = JSON.parse(readFileSync(checkpoint, 'utf8')) as {
      readonly checkpoint?: { readonly latest?: { readonly pending_operations?: readonly unknown[] } }
    }
    return (parsed.checkpoint?.latest?.pending_operations?.length ?? 0) > 0
  } catch {
    return false
  }
}

/** Removes locks whose engine is gone; true where there was one. A lock whose engine lives is the engine's to refuse. */
export async function breakStaleLock(folder: StackFolder, stack: string): Promise<boolean> {
  const dir = locksDir(folder, stack)
  let isBroken = false
  for (const name of existsSync(dir) ? readdirSync(dir) : []) {
    const path = join(dir, name)
    const pid = pidIn(path)
    if (pid !== undefined && (await isEngine(pid, folder))) continue
    await rm(path, { force: true })
    isBroken = true
  }
  return isBroken
}

/** A pid is used again, soon so in a container; Linux tells that the process is another one: it works elsewhere. */
async function isEngine(pid: number, { dir }: StackFolder): Promise<boolean> {
  if (process.platform !== 'linux') return (await systemProcesses(process.platform).find(pid)) !== undefined
  try {
    return realpathSync(`/proc/${String(pid)}/cwd`) === realpathSync(dir)
  } catch {
    return false
  }
}

function pidIn(path: string): number | undefined {
  try {
    return (JSON.parse(readFileSync(path, 'utf8')) as { readonly pid?: number }).pid
  } catch {
    return undefined
  }
}
