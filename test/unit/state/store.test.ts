import { mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { writeAtomic } from '../../../src/state/atomic.js'
import { logFile } from '../../../src/state/log-file.js'
import { checkLabName, defaultLabName, labPaths, type Paths } from '../../../src/state/paths.js'
import { labNames, readKeeper, readKey, readLab } from '../../../src/state/read.js'
import type { LabRecord } from '../../../src/state/record.js'
import {
  ensureKey,
  ensureLabDir,
  newLabId,
  removeLab,
  saveKeeper,
  saveLab,
  setRecordAside,
} from '../../../src/state/store.js'
import { somePlan } from '../../fakes/plan.js'
import { tempDir } from '../../fakes/temp-dir.js'

const pathsIn = (dir: string): Paths => ({
  labsDir: join(dir, 'labs'),
  cacheDir: join(dir, 'cache'),
  configFile: join(dir, 'config.yaml'),
})

const record = (name: string): LabRecord => ({
  version: 1,
  id: newLabId(),
  name,
  createdAt: '2026-01-01T00:00:00.000Z',
  plan: somePlan({ lease: { ttlMs: 5 } }),
  stepsDone: ['plan'],
})

describe('a record', () => {
  it('comes back as it was saved, readable for its owner alone', async () => {
    const paths = pathsIn(tempDir())
    const saved = record('one')
    await saveLab(paths, saved)
    expect(readLab(paths, 'one')).toEqual(saved)
    expect(statSync(labPaths(paths, 'one').record).mode & 0o777).toBe(0o600)
    expect(statSync(labPaths(paths, 'one').dir).mode & 0o777).toBe(0o700)
    expect(readdirSync(labPaths(paths, 'one').dir)).toEqual(['lab.json'])
  })

  it('that is not there is undefined', () => {
    const paths = pathsIn(tempDir())
    expect([readLab(paths, 'one'), readKeeper(paths, 'one'), readKey(paths, 'one'), labNames(paths)]).toEqual([
      undefined,
      undefined,
      undefined,
      [],
    ])
  })

  it.each([
    ['', 'state.corrupt'],
    ['{"version": 1', 'state.corrupt'],
    ['{}', 'state.corrupt'],
    ['[]', 'state.corrupt'],
    ['{"version": 1, "id": "x"}', 'state.corrupt'],
    ['{"version": 2, "anything": true}', 'state.newer'],
  ])('of content %j is refused as %s and left as it is', (content, code) => {
    const paths = pathsIn(tempDir())
    mkdirSync(labPaths(paths, 'one').dir, { recursive: true })
    writeFileSync(labPaths(paths, 'one').record, content)
    expect(() => readLab(paths, 'one')).toThrow(expect.objectContaining({ code }) as Error)
    expect(readFileSync(labPaths(paths, 'one').record, 'utf8')).toBe(content)
    expect(labNames(paths)).toEqual(['one'])
  })

  it('that is damaged can be set aside without losing it', async () => {
    const paths = pathsIn(tempDir())
    mkdirSync(labPaths(paths, 'one').dir, { recursive: true })
    writeFileSync(labPaths(paths, 'one').record, 'damaged')
    const aside = await setRecordAside(paths, 'one')
    await removeLab(paths, 'one')
    expect([readFileSync(aside, 'utf8'), labNames(paths)]).toEqual(['damaged', []])
  })

  it('of a keeper comes back too', async () => {
    const paths = pathsIn(tempDir())
    const keeper = {
      version: 1 as const,
      pid: 7,
      startTime: 't',
      port: 8484,
      startedAt: '2026',
      engine: { pid: 8, startTime: 'u' },
    }
    await expect(saveKeeper(paths, 'one', keeper)).rejects.toThrow()
    expect(labNames(paths)).toEqual([]) // a lab that was removed does not come back with its keeper
    await ensureLabDir(paths, 'one')
    await saveKeeper(paths, 'one', keeper)
    expect(readKeeper(paths, 'one')).toEqual(keeper)
  })
})

describe('a key', () => {
  it('is random, made once, and 0600', async () => {
    const paths = pathsIn(tempDir())
    const key = await ensureKey(paths, 'one')
    expect(key).toMatch(/^sk-labos-[\w-]{43}$/)
    expect(await ensureKey(paths, 'one')).toBe(key)
    expect(await ensureKey(paths, 'two')).not.toBe(key)
    expect(statSync(labPaths(paths, 'one').key).mode & 0o777).toBe(0o600)
  })
})

describe('writeAtomic', () => {
  it('leaves the old content and no draft when it cannot write', async () => {
    const dir = tempDir()
    writeFileSync(join(dir, 'file'), 'old')
    await expect(writeAtomic(join(dir, 'file', 'below'), 'new')).rejects.toMatchObject({ code: 'state.readonly' })
    expect([readFileSync(join(dir, 'file'), 'utf8'), readdirSync(dir)]).toEqual(['old', ['file']])
  })
})

describe('a log', () => {
  it('keeps the order of lines and moves on before it fills the disk', async () => {
    const path = join(tempDir(), 'deep', 'engine.log')
    const log = logFile(path)
    for (let line = 0; line < 100; line += 1) log.line(String(line))
    await log.flush()
    expect(readFileSync(path, 'utf8')).toBe(`${[...Array(100).keys()].join('\n')}\n`)
    log.line('x'.repeat(10_000_001))
    await log.flush()
    log.line('after')
    await log.flush()
    expect([readFileSync(path, 'utf8'), statSync(`${path}.1`).size > 10_000_000]).toEqual(['after\n', true])
  })
})

describe('a lab’s name', () => {
  it.each(['smollm2', 'my-lab', 'a', 'a.b_c-1', 'x'.repeat(63)])('can be %s', (name) =>
    expect(checkLabName(name)).toBe(name),
  )

  it.each([
    '',
    '../x',
    '..',
    'a/b',
    'a\\b',
    'Big',
    '.hidden',
    'a.',
    '-a',
    'con',
    'nul.txt',
    'a..b',
    'x'.repeat(64),
    'é',
    'a b',
  ])('cannot be %j', (name) => {
    expect(() => checkLabName(name)).toThrow(expect.objectContaining({ code: 'usage.name' }) as Error)
  })

  it('is made of the model’s where none is given', () =>
    expect(checkLabName(defaultLabName('Org/Model:16B'))).toBe('org-model-16b'))
})
