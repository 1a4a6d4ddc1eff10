/** Has the keeper of a lab on a machine look at its lease at once: what it says of it is up to a quarter of a minute old. */
import { readKeeper, readKey } from '../state/read.js'
import type { MachineLab } from '../state/record.js'
import type { Context } from './context.js'
import { openPort } from './from-answer.js'

const LIMIT_MS = 3000

/** Never rejects: where no keeper answers it will see it by itself. */
export async function tellKeeper(record: MachineLab, { paths, ask }: Pick<Context, 'paths' | 'ask'>): Promise<void> {
  try {
    const port = openPort(record, readKeeper(paths, record.name))
    const key = readKey(paths, record.name)
    if (port === undefined || key === undefined) return
    await ask({ port, key, method: 'POST', path: '/labos/look', timeoutMs: LIMIT_MS })
  } catch {
    // Nobody listens, or it is not its own.
  }
}
