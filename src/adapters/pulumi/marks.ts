/** Which processes work on a stack, so that whoever comes after a crash knows whom to wait for. */
import { mkdir, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import * as z from 'zod/mini'
import type { ProcessRef, Processes } from '../../ports.js'
import { writeAtomic } from '../../state/atomic.js'
import { systemProcesses } from '../processes.js'

export type Role = 'engine' | 'provider'

const mark = z.object({ role: z.enum(['engine', 'provider']), pid: z.number(), startTime: z.string() })
export type Mark = z.infer<typeof mark>

const folderOf = (stackDir: string): string => join(stackDir, 'running')

/** Marks this process, or the one of that pid, as working on the stack. */
export async function markProcess(stackDir: string, role: Role, pid: number = process.pid): Promise<void> {
  const found = await systemProcesses(process.platform).find(pid)
  if (found)
    await writeAtomic(join(folderOf(stackDir), `${role}-${String(pid)}.json`), JSON.stringify({ role, ...found }))
}

/** Those that still run. Marks of others are removed. */
export async function runningOn(stackDir: string, processes: Processes): Promise<Mark[]> {
  const folder = folderOf(stackDir)
  const names = await readdir(folder).catch(() => [])
  const found: Mark[] = []
  for (const name of names.filter((each) => each.endsWith('.json'))) {
    const path = join(folder, name)
    const read = mark.safeParse(parsed(await readFile(path, 'utf8').catch(() => '')))
    if (read.success && (await processes.isAlive(read.data))) found.push(read.data)
    else await rm(path, { force: true })
  }
  return found
}

export const unmark = async (stackDir: string, role: Role, { pid }: Pick<ProcessRef, 'pid'>): Promise<void> =>
  rm(join(folderOf(stackDir), `${role}-${String(pid)}.json`), { force: true })

/** Makes the folder, so that a mark is one write. */
export const prepareMarks = async (stackDir: string): Promise<void> => {
  await mkdir(folderOf(stackDir), { recursive: true, mode: 0o700 })
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
