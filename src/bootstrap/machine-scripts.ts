/** The scripts that run on a machine: `templates/machine/`. */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** By file name, in the order of the names. */
export async function machineScripts(templatesDir: string): Promise<ReadonlyMap<string, string>> {
  const folder = join(templatesDir, 'machine')
  const names = (await readdir(folder)).sort()
  const texts = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')))
  return new Map(names.map((name, index) => [name, texts[index] ?? '']))
}
