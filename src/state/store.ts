import { randomBytes } from 'node:crypto'
import { mkdir, rename, rm } from 'node:fs/promises'
import { fromFileSystem } from '../errors/from-system.js'
import { writeAtomic, replaceFile } from './atomic.js'
import { labPaths, type Paths } from './paths.js'
import { readKey } from './read.js'
import type { KeeperRecord, LabRecord } from './record.js'

export const saveLab = (paths: Paths, record: LabRecord): Promise<void> =>
  writeAtomic(labPaths(paths, record.name).record, `${JSON.stringify(record, null, 2)}\n`)

/** Rejects where the lab was removed meanwhile: a keeper must not make it again. */
export const saveKeeper = (paths: Paths, name: string, record: KeeperRecord): Promise<void> =>
  replaceFile(labPaths(paths, name).keeper, `${JSON.stringify(record, null, 2)}\n`)

/** A new lab's id: what tags and logs call it, whatever its name. */
export const newLabId = (): string => `lab-${randomBytes(5).toString('hex')}`

/** The lab's API key; made (256 random bits, 0600) when there is none yet. */
export async function ensureKey(paths: Paths, name: string): Promise<string> {
  const existing = readKey(paths, name)
  if (existing) return existing
  const key = `sk-labos-${randomBytes(32).toString('base64url')}`
  await writeAtomic(labPaths(paths, name).key, `${key}\n`)
  return key
}

/** Makes the lab's folder, so that a folder that cannot be written is known before anything is started. */
export async function ensureLabDir(paths: Paths, name: string): Promise<void> {
  const { dir } = labPaths(paths, name)
  await mkdir(dir, { recursive: true, mode: 0o700 }).catch((error: unknown) => {
    throw fromFileSystem(error, dir)
  })
}

/** Removes the lab's folder. Call only when nothing of the lab runs any more. */
export const removeLab = (paths: Paths, name: string): Promise<void> =>
  rm(labPaths(paths, name).dir, { recursive: true, force: true })

/** Moves a damaged record out of the way without losing it; resolves to its new path. */
export async function setRecordAside(paths: Paths, name: string): Promise<string> {
  const { record } = labPaths(paths, name)
  const aside = `${paths.labsDir}/.${name}.damaged-${randomBytes(3).toString('hex')}.json`
  await rename(record, aside)
  return aside
}
