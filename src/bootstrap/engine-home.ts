import { createHash } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { LocalEngine } from '../engines/engine.js'
import { venvPython } from '../engines/llama-cpp.js'

export interface EnginePlaces {
  readonly cacheDir: string
  /** Folder of the package's files that run on the machine. */
  readonly templatesDir: string
}

/** The file that starts the engine's server, in the templates and in the engine's folder. */
export const SERVER = 'llama_server.py'
/** Written last: an engine's folder without it is not whole. */
export const MARK = 'installed.json'

/** Folder of an engine: another version, another pin or another server file is another folder. */
export async function engineHome(
  { name, install }: LocalEngine,
  { cacheDir, templatesDir }: EnginePlaces,
): Promise<string> {
  const content = JSON.stringify(install) + (await readFile(join(templatesDir, SERVER), 'utf8'))
  return join(cacheDir, 'engines', `${name}-${createHash('sha256').update(content).digest('hex').slice(0, 12)}`)
}

/** Its mark is there, and so is its Python: an upgrade of the system may have taken that away. */
export async function isWhole(home: string): Promise<boolean> {
  const parts = [join(home, MARK), venvPython(home, process.platform)]
  const found = await Promise.all(parts.map((path) => stat(path).catch(() => undefined)))
  return found.every((part) => part !== undefined)
}
