/** Reading records. On the fast path of `labos ps`: nothing but node:fs and the schemas is loaded. */
import { readdirSync, readFileSync } from 'node:fs'
import type * as z from 'zod/mini'
import { LabosError } from '../errors/labos-error.js'
import { systemCode } from '../errors/from-system.js'
import { labPaths, type Paths } from './paths.js'
import {
  isOnMachine,
  isRented,
  keeperRecord,
  type KeeperRecord,
  labRecord,
  type LabRecord,
  type LocalLab,
  type MachineLab,
  RECORD_VERSION,
  type RentedLab,
} from './record.js'

/** The lab's record, or undefined when there is no such lab. Throws `state.corrupt` and `state.newer`. */
export const readLab = (paths: Paths, name: string): LabRecord | undefined =>
  readRecord(labPaths(paths, name).record, labRecord)

/** The record of a lab on this computer; undefined when there is none of that name, or it is on a machine of its own. */
export function readLocalLab(paths: Paths, name: string): LocalLab | undefined {
  const record = readLab(paths, name)
  return record && !isOnMachine(record) ? record : undefined
}

/** The record of a rented lab; undefined when there is none of that name, or it is another kind. */
export function readRentedLab(paths: Paths, name: string): RentedLab | undefined {
  const record = readLab(paths, name)
  return record && isRented(record) ? record : undefined
}

/** The record of a lab on a machine that is reached over SSH; undefined when there is none of that name, or it is one here. */
export function readMachineLab(paths: Paths, name: string): MachineLab | undefined {
  const record = readLab(paths, name)
  return record && isOnMachine(record) ? record : undefined
}

/** What the lab's keeper wrote last, or undefined when none ever ran. */
export const readKeeper = (paths: Paths, name: string): KeeperRecord | undefined =>
  readRecord(labPaths(paths, name).keeper, keeperRecord)

/** The endpoint's API key, or undefined. */
export function readKey(paths: Paths, name: string): string | undefined {
  return readText(labPaths(paths, name).key)?.trim()
}

/** Names of all labs, sorted. A folder without a record counts: it may hold a lab whose record is damaged. */
export function labNames(paths: Paths): string[] {
  try {
    return readdirSync(paths.labsDir, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
      .map((entry) => entry.name)
      .sort()
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return []
    throw error
  }
}

function readRecord<T>(path: string, schema: z.ZodMiniType<T>): T | undefined {
  const text = readText(path)
  if (text === undefined) return undefined
  const value = parseJson(text, path)
  const version = typeof value === 'object' && value !== null && 'version' in value ? value.version : undefined
  if (typeof version === 'number' && version > RECORD_VERSION) throw newer(path, version)
  const parsed = schema.safeParse(value)
  if (!parsed.success) throw corrupt(path, firstIssue(parsed.error))
  return parsed.data
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined
    throw error
  }
}

function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw corrupt(path, 'it is not JSON')
  }
}

function firstIssue(error: z.core.$ZodError): string {
  const issue = error.issues[0]
  return issue ? `"${issue.path.join('.')}" is not as expected` : 'it has an unknown shape'
}

const corrupt = (path: string, why: string): LabosError =>
  new LabosError('state.corrupt', `${path} cannot be read: ${why}. It is left as it is.`, {
    suggestions: [
      'Put a good copy back, if you have one.',
      'Or give the lab up: `labos down NAME --force` ends what it runs and moves the damaged record aside.',
    ],
  })

const newer = (path: string, version: number): LabosError =>
  new LabosError(
    'state.newer',
    `${path} was written by a newer labos (format ${String(version)}, this one knows ${String(RECORD_VERSION)}).`,
    {
      suggestions: ['Use the newer labos for this lab.', 'Or update this one: `npm install -g labos@latest`.'],
    },
  )
