/**
 * The folder that a repository is pulled into. Beside the user's files it has `.labos/`: which repository and commit, which
 * files were checked, and the parts that are not whole yet.
 */
import { createHash } from 'node:crypto'
import type { Stats } from 'node:fs'
import { lstat, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import * as z from 'zod/mini'
import { digestOf } from '../download/running-digest.js'
import { systemCode } from '../errors/from-system.js'
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

/** Leaves room for what is put behind it: a name has at most 255 bytes. */
const FLAT_MOST_BYTES = 200
const FLAT_TAIL = 30

/** One name for a whole path. Of a long one the end, and a digest in place of the rest. */
function flat(path: string): string {
  const name = path.replaceAll('%', '%25').replaceAll('/', '%2F')
  if (Buffer.byteLength(name) <= FLAT_MOST_BYTES) return name
  return `${createHash('sha256').update(path).digest('hex').slice(0, 24)}-${name.slice(-FLAT_TAIL)}`
}

export async function makeFolder({ dir }: PullFolder): Promise<void> {
  await mkdir(join(dir, OWN, 'parts'), { recursive: true })
  await mkdir(join(dir, OWN, 'checked'), { recursive: true })
}

const pinShape = z.object({ repo: z.string(), commit: z.string(), revision: z._default(z.string(), 'main') })
export type Pin = z.infer<typeof pinShape>

/** What the folder was begun with; undefined for a new one, or one whose note cannot be read. */
export async function readPin({ dir }: PullFolder): Promise<Pin | undefined> {
  return pinShape.safeParse(await readJson(join(dir, OWN, 'pull.json'))).data
}

export const writePin = ({ dir }: PullFolder, pin: Pin): Promise<void> => writeWhole(join(dir, OWN, 'pull.json'), pin)

/** Removes what came of files that are not wanted any more: of another commit than the folder has now. */
export async function dropOtherParts(folder: PullFolder, files: readonly RepoFile[]): Promise<void> {
  const wanted = new Set(files.map((file) => basename(partOf(folder, file))))
  const parts = join(folder.dir, OWN, 'parts')
  const others = (await readdir(parts)).filter((name) => !wanted.has(name))
  await Promise.all(others.map((name) => rm(join(parts, name), { force: true })))
}

const markShape = z.object({ bytes: z.number(), mtimeMs: z.number(), digest: z.string() })

/** Notes that the file has the content it should have, as it is now. `from`: where it is before it is renamed. */
export async function markChecked(folder: PullFolder, file: RepoFile, from = placeOf(folder, file)): Promise<void> {
  const { size, mtimeMs } = await stat(from)
  await writeWhole(markOf(folder, file), { bytes: size, mtimeMs, digest: file.digest.hex })
}

/**
 * True when the file is there with the right content: by its mark when nothing touched it since, else by reading it, which is
 * told. Throws `pull.taken` for a file with other content that labos did not put there.
 */
export async function isPresent(
  folder: PullFolder,
  file: RepoFile,
  onRead: () => void,
  signal: AbortSignal,
): Promise<boolean> {
  const place = placeOf(folder, file)
  const found = await whatIs(place)
  if (!found) return false
  const mark = markShape.safeParse(await readJson(markOf(folder, file))).data
  const isOurs = mark !== undefined && mark.bytes === found.size && mark.mtimeMs === found.mtimeMs
  if (isOurs) return mark.digest === file.digest.hex
  if (!found.isFile() || found.size !== file.bytes) throw taken(place)
  onRead()
  if (!(await matches(place, file.digest, found.size, signal))) throw taken(place)
  await markChecked(folder, file).catch(() => undefined) // a dry run in a folder that labos has not begun
  return true
}

/** Undefined when nothing is there; a link that leads nowhere is something. */
async function whatIs(place: string): Promise<Stats | undefined> {
  try {
    return await stat(place)
  } catch (error) {
    if (systemCode(error) === 'ENOTDIR') throw taken(place)
    return lstat(place).catch(() => undefined)
  }
}

const taken = (place: string): LabosError =>
  new LabosError(
    'pull.taken',
    `Something else is in the place of ${place}: labos did not put it there, or not as it is now.`,
    {
      suggestions: ['Move it away, or pull into another folder: `--to DIR`.'],
      aftermath: 'It was not touched.',
    },
  )

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
