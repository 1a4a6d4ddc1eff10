import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { writeAtomic } from '../../../src/state/atomic.js'
import { tempDir } from '../../fakes/temp-dir.js'

const modeOf = (path: string): number => statSync(path).mode & 0o777

describe('an atomic write', () => {
  it('makes the file and its folders, for their owner alone', async ({ skip }) => {
    if (process.platform === 'win32') skip('this machine has no modes')
    const dir = tempDir()
    await writeAtomic(join(dir, 'a', 'b', 'file'), 'new')
    expect(readFileSync(join(dir, 'a', 'b', 'file'), 'utf8')).toBe('new')
    expect([modeOf(join(dir, 'a', 'b', 'file')), modeOf(join(dir, 'a', 'b')), modeOf(join(dir, 'a'))]).toEqual([
      0o600, 0o700, 0o700,
    ])
  })

  it('closes a file that was open to others', async ({ skip }) => {
    if (process.platform === 'win32') skip('this machine has no modes')
    const path = join(tempDir(), 'file')
    writeFileSync(path, 'old', { mode: 0o644 })
    await writeAtomic(path, 'new')
    expect([readFileSync(path, 'utf8'), modeOf(path)]).toEqual(['new', 0o600])
  })

  it('that fails at its last step leaves the old content and no draft', async () => {
    const dir = tempDir()
    const path = join(dir, 'file')
    mkdirSync(path) // a folder cannot be replaced by a file
    writeFileSync(join(path, 'old'), 'old')
    await expect(writeAtomic(path, 'new')).rejects.toThrow()
    expect([readdirSync(dir), readFileSync(join(path, 'old'), 'utf8')]).toEqual([['file'], 'old'])
  })

  it('into a folder that may not be written says which file and why', async ({ skip }) => {
    if (process.platform === 'win32' || process.getuid?.() === 0) skip('this machine lets this user write anywhere')
    const dir = tempDir()
    writeFileSync(join(dir, 'file'), 'old')
    chmodSync(dir, 0o500)
    const writing = expect(writeAtomic(join(dir, 'file'), 'new')).rejects.toMatchObject({
      code: 'state.readonly',
      message: `Cannot write ${join(dir, 'file')} (EACCES).`,
    })
    await writing.finally(() => chmodSync(dir, 0o700))
    expect(readFileSync(join(dir, 'file'), 'utf8')).toBe('old')
  })

  it('is whole for every reader, whoever writes at the same time', async () => {
    const path = join(tempDir(), 'file')
    const contents = ['a', 'b', 'c', 'd'].map((letter) => letter.repeat(200_000))
    await writeAtomic(path, contents[0] ?? '')
    const over = new AbortController()
    const writing = Promise.all(contents.map((content) => writeAtomic(path, content))).finally(() => over.abort())
    const seen = new Set<string>()
    for (let turn = 0; turn < 10_000 && !over.signal.aborted; turn += 1) {
      seen.add(readFileSync(path, 'utf8'))
      await new Promise((resolve) => setImmediate(resolve))
    }
    await writing
    expect([...seen].filter((content) => !contents.includes(content))).toEqual([])
    expect(readdirSync(join(path, '..'))).toEqual(['file'])
  })
})
