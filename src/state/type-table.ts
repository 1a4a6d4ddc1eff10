/** The table of instance types that `labos prices refresh` made, in the cache folder. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { systemCode } from '../errors/from-system.js'
import { combine } from '../plan/aws/combine.js'
import { shippedTable, type TypeTable } from '../plan/aws/type-table.js'
import { writeAtomic } from './atomic.js'

export const typeTablePath = (cacheDir: string): string => join(cacheDir, 'aws', 'types.json')

export interface ReadTable {
  readonly table: TypeTable
  /** Set when there is a file that cannot be used. */
  readonly warning?: string
}

/** What is known now: the shipped table, with what was refreshed since over it. Never throws. */
export async function readTypeTable(cacheDir: string): Promise<ReadTable> {
  const path = typeTablePath(cacheDir)
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    return systemCode(error) === 'ENOENT' ? { table: shippedTable } : unusable(path, 'cannot be read')
  }
  const { parseTypeTable } = await import('./type-table-shape.js') // most homes have no such file
  const cached = parseTypeTable(text)
  return typeof cached === 'string' ? unusable(path, cached) : { table: combine(shippedTable, cached) }
}

/** Throws `state.readonly`, `disk.short`. */
export const saveTypeTable = (cacheDir: string, table: TypeTable): Promise<void> =>
  writeAtomic(typeTablePath(cacheDir), JSON.stringify(table))

const unusable = (path: string, why: string): ReadTable => ({
  table: shippedTable,
  warning: `${path} ${why}: the prices that came with labos are used (\`labos prices refresh\` makes it anew)`,
})
