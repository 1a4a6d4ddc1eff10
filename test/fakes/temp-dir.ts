import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach } from 'vitest'

/** A folder of its own for the test that asks; removed after it. */
export function tempDir(): string {
  const dir = mkdtempSync(join(tmpdir(), 'labos-test-'))
  made.push(dir)
  return dir
}

const made: string[] = []

afterEach(() => {
  for (const dir of made.splice(0)) rmSync(dir, { recursive: true, force: true })
})
