/** Pulumi's command line tool: the one the user names, the one on PATH, or the one in labos's cache. */
import { execFile } from 'node:child_process'
import { readFile, stat } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import * as z from 'zod/mini'
import { LabosError } from '../../errors/labos-error.js'
import { writeAtomic } from '../../state/atomic.js'

/** What labos installs. */
export const ENGINE_VERSION = '3.259.0'
/** Before it events came through a file that was read late or not at all. */
const OLDEST = [3, 205]

export interface FoundEngine {
  readonly command: string
  readonly version: string
}

export const engineHome = (cacheDir: string): string => join(cacheDir, 'pulumi', ENGINE_VERSION)

/** Undefined where there is none. Throws `pulumi.missing` for one that labos cannot use. */
export async function findEngine(
  env: Readonly<Record<string, string | undefined>>,
  cacheDir: string,
): Promise<FoundEngine | undefined> {
  const named = env['LABOS_PULUMI']
  const candidates = named
    ? [named]
    : [
        ...(env['PATH'] ?? '')
          .split(delimiter)
          .filter(Boolean)
          .map((dir) => join(dir, 'pulumi')),
        join(engineHome(cacheDir), 'bin', 'pulumi'),
      ]
  for (const command of candidates) {
    const version = await versionOf(command, cacheDir)
    if (version === undefined) continue
    if (isUsable(version)) return { command, version }
    if (named) throw tooOld(command, version)
  }
  if (named)
    throw new LabosError('pulumi.missing', `LABOS_PULUMI=${named}: that is not Pulumi's command line tool.`, {
      suggestions: ['Leave it unset: labos looks on PATH and in its cache.'],
    })
  return undefined
}

const known = z.record(z.string(), z.string())

/** Asking costs a third of a second, so what a file answered is kept with its size and date. */
async function versionOf(command: string, cacheDir: string): Promise<string | undefined> {
  const found = await stat(command).catch(() => undefined)
  if (!found?.isFile()) return undefined
  const cache = join(cacheDir, 'pulumi', 'versions.json')
  const key = `${command} ${String(found.size)} ${String(found.mtimeMs)}`
  const before = await readKnown(cache)
  const cached = before[key]
  if (cached !== undefined) return cached
  const env = { ...process.env, PULUMI_SKIP_UPDATE_CHECK: 'true', PULUMI_HOME: join(cacheDir, 'pulumi', 'home') }
  const said = await promisify(execFile)(command, ['version'], { env, timeout: 30_000 }).catch(() => undefined)
  const version = /^v?(\d+\.\d+\.\d+)/.exec(said?.stdout.trim() ?? '')?.[1]
  if (version !== undefined) await writeAtomic(cache, JSON.stringify({ ...before, [key]: version }))
  return version
}

async function readKnown(path: string): Promise<Record<string, string>> {
  try {
    return known.safeParse(JSON.parse(await readFile(path, 'utf8'))).data ?? {}
  } catch {
    return {}
  }
}

function isUsable(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  return major === OLDEST[0] && minor >= (OLDEST[1] ?? 0)
}

const tooOld = (command: string, version: string): LabosError =>
  new LabosError('pulumi.missing', `${command} is Pulumi ${version}; labos needs ${OLDEST.join('.')} or a newer 3.`, {
    suggestions: ['Update it, or leave LABOS_PULUMI unset and let labos install its own.'],
  })
