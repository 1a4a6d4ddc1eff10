import { createHash } from 'node:crypto'
import { existsSync, renameSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { checkFile, markChecked, sha256Of } from '../../../src/download/checksum.js'
import { tempDir } from '../../fakes/temp-dir.js'

const sha = (text: string): string => createHash('sha256').update(text).digest('hex')

function file(text: string): string {
  const path = join(tempDir(), 'model.gguf')
  writeFileSync(path, text)
  return path
}

describe('checkFile', () => {
  it('finds nothing missing and a right file whole, which it marks', async () => {
    expect(await checkFile(join(tempDir(), 'none'), sha('x'))).toBe('missing')
    const path = file('right')
    expect(await checkFile(path, sha('right'))).toBe('whole')
    expect(existsSync(`${path}.checked`)).toBe(true)
  })

  it('finds a wrong file damaged, with and without a mark of another content', async () => {
    const path = file('wrong')
    expect(await checkFile(path, sha('right'))).toBe('damaged')
    await markChecked(path, sha('wrong'))
    expect(await checkFile(path, sha('right'))).toBe('damaged')
  })

  it('believes the mark as long as size and time are as noted', async () => {
    const path = file('right')
    await markChecked(path, sha('right'))
    const seen = Date.UTC(2026, 0, 1) / 1000
    utimesSync(path, seen, seen)
    expect(await checkFile(path)).toBe('whole') // read again, and marked again
    writeFileSync(path, 'rigth')
    utimesSync(path, seen, seen) // the same size and time: not read again, on purpose
    expect(await checkFile(path, sha('right'))).toBe('whole')
  })

  it('reads a changed file again', async () => {
    const path = file('right')
    await markChecked(path, sha('right'))
    writeFileSync(path, 'right!')
    expect(await checkFile(path)).toBe('damaged')
  })

  it('does not know what an unmarked file should be', async () => {
    expect(await checkFile(file('something'))).toBe('unknown')
  })

  it.each(['', '{', '{"size":"1"}', '[]'])('takes a mark that does not parse for none: %j', async (mark) => {
    const path = file('right')
    writeFileSync(`${path}.checked`, mark)
    expect(await checkFile(path)).toBe('unknown')
    expect(await checkFile(path, sha('right'))).toBe('whole')
  })

  it('accepts a mark that was written before the file got its name', async () => {
    const dir = tempDir()
    const [part, path] = [join(dir, 'm.part'), join(dir, 'm')]
    writeFileSync(part, 'right')
    await markChecked(part, sha('right'), path)
    expect(await checkFile(path)).toBe('missing')
    renameSync(part, path)
    expect(await checkFile(path)).toBe('whole')
  })
})

describe('sha256Of', () => {
  it('is the sha256 of the content, also of an empty file', async () => {
    expect(await sha256Of(file(''))).toBe(sha(''))
    expect(await sha256Of(file('x'.repeat(3_000_000)))).toBe(sha('x'.repeat(3_000_000)))
  })

  it('stops when aborted', async () => {
    await expect(sha256Of(file('x'), AbortSignal.abort())).rejects.toThrow()
  })
})
