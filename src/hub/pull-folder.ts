/**
 * The folder that a repository is pulled into. Beside the user's files it has `.labos/`: which repository and commit, which
 * files were checked, and the parts that are not whole yet.
 */
import { mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as z from 'zod/mini'
import { digestOf } from '../download/running-digest.js'
import { LabosError } from '../errors/labos-error.js'
import type { Digest, RepoFile } from './repo.js'

const OWN = '.labos'

export interface PullFolder {
  readonly dir: string
  readonly lockPath: string
}

export const pullFolder = (dir: string): PullFolder => ({ dir, lockPath: join(dir, OWN, 'lock') })

export const placeOf = ({ dir }: PullFolder, { path }: RepoFile): string => join(dir, ...path.split('/'))

/** A part is of one content: its name says of which. */
export const partOf = ({ dir }: PullFolder, { path, digest }: RepoFile): string =>
  join(dir, OWN, 'parts', `${flat(path)}.${digest.hex.slice(0, 12)}.part`)

const markOf = ({ dir }: PullFolder, { path }: RepoFile): string => join(dir, OWN, 'checked', `${flat(path)}.json`)

const flat = (path: string): string => path.replaceAll('%', '%25').replaceAll('/', '%2F')

export async function makeFolder({ dir }: PullFolder): Promise<void> {
  await mkdir(join(dir, OWN, 'parts'), { recursive: true })
  await mkdir(join(dir, OWN, 'checked'), { recursive: true })
}

const pinShape = z.object({ repo: z.string(), commit: z.string() })
export type Pin = z.infer<typeof pinShape>

/** What the folder was begun with; undefined for a new one, or one whose note cannot be read. */
export async function readPin({ dir }: PullFolder): Promise<Pin | undefined> {
  return pinShape.safeParse(await readJson(join(dir, OWN, 'pull.json'))).data
}

export const writePin = ({ dir }: PullFolder, pin: Pin): Promise<void> => writeWhole(join(dir, OWN, 'pull.json'), pin)

const markShape = z.object({ bytes: z.number(), mtimeMs: z.number(), digest: z.string() })

/** Notes that the file has the content it should have, as it is now. */
export async function markChecked(folder: PullFolder, file: RepoFile): Promise<void> {
  const { size, mtimeMs } = await stat(placeOf(folder, file))
  await writeWhole(markOf(folder, file), { bytes: size, mtimeMs, digest: file.digest.hex })
}

/**
 * True when the file is there with the right content: by its mark when nothing touched it since, else by reading it. Throws
 * `pull.taken` for a file with other content that labos did not put there.
 */
export async function isPresent(folder: PullFolder, file: RepoFile, signal: AbortSignal): Promise<boolean> {
  const place = placeOf(folder, file)
  const found = await stat(place).catch(() => undefined)
  if (!found) return false
  const mark = markShape.safeParse(await readJson(markOf(folder, file))).data
  const isOurs = mark !== undefined && mark.bytes === found.size && mark.mtimeMs === found.mtimeMs
  if (isOurs) return mark.digest === file.digest.hex
  if (found.isFile() && found.size === file.bytes && (await matches(place, file.digest, found.size, signal))) {
    await markChecked(folder, file)
    return true
  }
  throw new LabosError('pull.taken', `${place} is there with other content, and labos did not put it there as it is.`, {
    suggestions: ['Move it away, or pull into another folder: `--to DIR`.'],
    aftermath: 'It was not touched.',
  })
}

const matches = async (path: string, { kind, hex }: Digest, bytes: number, signal: AbortSignal): Promise<boolean> =>
  (await digestOf(path, kind, bytes, signal)) === hex

async function readJson(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as unknown
  } catch {
    return undefined
  }
}

async function writeWhole(path: string, value: unknown): Promise<void> {
  await writeFile(`${path}.new`, JSON.stringify(value))
  await rename(`${path}.new`, path)
}
