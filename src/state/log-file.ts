import { appendFile, mkdir, rename, stat } from 'node:fs/promises'
import { dirname } from 'node:path'

const LARGEST_BYTES = 10_000_000

/** A log that lines can be added to. Above 10 MB the file moves to `<path>.1`, so it never fills the disk. */
export interface LogFile {
  /** Adds a line; order is kept. A log that cannot be written is not worth failing for. */
  line(text: string): void
  /** Resolves when all lines so far are in the file. */
  flush(): Promise<void>
}

export function logFile(path: string): LogFile {
  let waiting: string[] = []
  let writing: Promise<void> = Promise.resolve()
  const write = async (): Promise<void> => {
    const lines = waiting.join('')
    waiting = []
    if (lines === '') return
    await mkdir(dirname(path), { recursive: true, mode: 0o700 })
    const size = await stat(path).then(
      (found) => found.size,
      () => 0,
    )
    if (size > LARGEST_BYTES) await rename(path, `${path}.1`)
    await appendFile(path, lines, { mode: 0o600 })
  }
  return {
    line: (text) => {
      waiting.push(`${text}\n`)
      if (waiting.length === 1) writing = writing.then(write).catch(() => undefined)
    },
    flush: () => writing,
  }
}
