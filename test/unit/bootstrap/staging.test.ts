import { existsSync, mkdirSync, readFileSync, readdirSync, utimesSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { folderBytes, inStaging, moveIntoPlace } from '../../../src/bootstrap/staging.js'
import { fakeClock } from '../../fakes/clock.js'
import { tempDir } from '../../fakes/temp-dir.js'

const clock = fakeClock()

describe('inStaging', () => {
  it('makes the parent, gives a new folder in it, and removes that at the end', async () => {
    const parent = join(tempDir(), 'cache', 'engines')
    const staging = await inStaging(parent, clock, (folder) => {
      writeFileSync(join(folder, 'piece'), '')
      expect(dirname(folder)).toBe(parent)
      return Promise.resolve(folder)
    })
    expect(existsSync(staging)).toBe(false)
    expect(readdirSync(parent)).toEqual([])
  })

  it('removes it after a failure too, which passes through', async () => {
    const parent = tempDir()
    await expect(inStaging(parent, clock, () => Promise.reject(new Error('no')))).rejects.toThrow('no')
    expect(readdirSync(parent)).toEqual([])
  })

  it('says in our words that the disk is full', async () => {
    const full = Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' })
    await expect(inStaging(tempDir(), clock, () => Promise.reject(full))).rejects.toMatchObject({ code: 'disk.short' })
  })

  it('refuses a parent that cannot be made', async () => {
    const file = join(tempDir(), 'file')
    writeFileSync(file, '')
    await expect(inStaging(join(file, 'engines'), clock, () => Promise.resolve())).rejects.toMatchObject({
      code: 'state.readonly',
    })
  })

  it('sweeps what a killed labos left a day ago, and nothing else', async () => {
    const parent = tempDir()
    const at = clock.now() / 1000
    for (const [name, ageS] of [
      ['.making-old', 90_000],
      ['.making-new', 60],
      ['llama.cpp-0123', 900_000],
    ] as const) {
      mkdirSync(join(parent, name))
      utimesSync(join(parent, name), at - ageS, at - ageS)
    }
    await inStaging(parent, clock, () => Promise.resolve())
    expect(readdirSync(parent).sort()).toEqual(['.making-new', 'llama.cpp-0123'])
  })
})

describe('moveIntoPlace', () => {
  const made = (folder: string, content: string): string => {
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, 'content'), content)
    return folder
  }
  const content = (folder: string): string => readFileSync(join(folder, 'content'), 'utf8')

  it('gives a folder its name', async () => {
    const dir = tempDir()
    await moveIntoPlace(made(join(dir, 'draft'), 'ours'), join(dir, 'place'), () => Promise.resolve(false))
    expect(content(join(dir, 'place'))).toBe('ours')
  })

  it('leaves the folder of another labos that was faster', async () => {
    const dir = tempDir()
    const place = made(join(dir, 'place'), 'theirs')
    await moveIntoPlace(made(join(dir, 'draft'), 'ours'), place, () => Promise.resolve(true))
    expect(content(place)).toBe('theirs')
    expect(content(join(dir, 'draft'))).toBe('ours')
  })

  it('takes the place of one that is not whole', async () => {
    const dir = tempDir()
    const place = made(join(dir, 'place'), 'half')
    const draft = made(join(dir, 'staging', 'draft'), 'ours')
    await moveIntoPlace(draft, place, () => Promise.resolve(content(place) === 'ours'))
    expect(content(place)).toBe('ours')
    expect(readdirSync(join(dir, 'staging')).map((name) => basename(name))).toEqual(['replaced-1'])
  })

  it('passes other trouble on', async () => {
    const dir = tempDir()
    const gone = moveIntoPlace(join(dir, 'none'), join(dir, 'place'), () => Promise.resolve(false))
    await expect(gone).rejects.toMatchObject({ code: 'ENOENT' })
  })
})

describe('folderBytes', () => {
  it('adds up all files below, and is 0 for no folder', async () => {
    const dir = tempDir()
    mkdirSync(join(dir, 'deep', 'er'), { recursive: true })
    writeFileSync(join(dir, 'a'), 'xx')
    writeFileSync(join(dir, 'deep', 'er', 'b'), 'xxx')
    expect(await folderBytes(dir)).toBe(5)
    expect(await folderBytes(join(dir, 'none'))).toBe(0)
  })
})
