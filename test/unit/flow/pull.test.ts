import { existsSync, readdirSync, readFileSync, utimesSync, writeFileSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import type { PullRequest, PullResult } from '../../../src/flow/pull.js'
import type { FakeContext } from '../../fakes/context.js'
import { hubContext, pullInto } from '../../fakes/pull.js'
import { COMMIT, repoHub, type RepoHub } from '../../fakes/repo-hub.js'
import { tempDir } from '../../fakes/temp-dir.js'

const weights = (size: number): Buffer => Buffer.alloc(size, 'weights ')
const files = (): Record<string, Buffer> => ({
  'config.json': Buffer.from('{}'),
  'model-1.safetensors': weights(3_000_000),
  'model-2.safetensors': weights(1_000_000),
  'extra/notes.txt': Buffer.from('hello'),
})

let hub: RepoHub
let dir: string

beforeEach(async () => {
  hub = await repoHub(files())
  dir = join(tempDir(), 'model')
})

const contextOf = (env: Record<string, string> = {}): FakeContext => hubContext(hub.address, env)
const run = (more: Partial<PullRequest> = {}, context: FakeContext = contextOf()): Promise<PullResult> =>
  pullInto(dir, context, more)

const contents = (): Record<string, string> =>
  Object.fromEntries(Object.keys(hub.files).map((path) => [path, readFileSync(join(dir, path)).toString('base64')]))
const wanted = (): Record<string, string> =>
  Object.fromEntries(Object.entries(hub.files).map(([path, content]) => [path, content.toString('base64')]))
const downloads = (): string[] => hub.asked.filter((line) => line.includes('/resolve/'))

describe('a pull', () => {
  it('brings every file, and says what is where', async () => {
    const result = await run()
    expect(contents()).toEqual(wanted())
    expect(result).toMatchObject({
      repo: 'someone/model',
      commit: COMMIT,
      folder: dir,
      bytes: 4_000_007,
      fetchedBytes: 4_000_007,
    })
    expect(result.files.map(({ path, state }) => `${path} ${state}`)).toEqual(
      Object.keys(hub.files).map((path) => `${path} fetched`),
    )
    expect(result.files[1]?.sha256).toMatch(/^[0-9a-f]{64}$/)
  })

  it('a second time asks for no file, and does not read again what it checked', async () => {
    const path = join(dir, 'model-1.safetensors')
    const touch = (): void => utimesSync(path, new Date(1e12), new Date(1e12)) // to the millisecond, as a test can set it
    await run()
    touch()
    await run()
    const before = downloads().length
    writeFileSync(path, Buffer.alloc(3_000_000)) // seen only by one who reads it
    touch()
    const result = await run()
    expect(downloads().length).toBe(before)
    expect(result).toMatchObject({
      fetchedBytes: 0,
      files: Array(4).fill(expect.objectContaining({ state: 'present' })) as unknown,
    })
  })

  it('goes on where a broken connection stopped, and checks all of it', async () => {
    hub.cuts.push(1_000_000)
    await run({ patterns: ['model-1*'] })
    expect(downloads().filter((line) => line.includes('bytes='))).toHaveLength(1)
    expect(readFileSync(join(dir, 'model-1.safetensors')).equals(hub.files['model-1.safetensors']!)).toBe(true)
  })

  it('goes on with parts that an earlier, killed one left', async () => {
    const sha = (await run({ dryRun: true })).files[1]?.sha256 ?? ''
    mkdirSync(join(dir, '.labos', 'parts'), { recursive: true })
    writeFileSync(join(dir, '.labos', 'parts', `model-1.safetensors.${sha.slice(0, 12)}.part`), weights(2_000_000))
    const result = await run({ patterns: ['model-1*'] })
    expect(result.fetchedBytes).toBe(1_000_000)
    expect(downloads().at(-1)).toMatch(/bytes=2000000-$/)
  })

  it('leaves nothing but the files and its own folder', async () => {
    await run()
    expect(readdirSync(dir).sort()).toEqual([
      '.labos',
      'config.json',
      'extra',
      'model-1.safetensors',
      'model-2.safetensors',
    ])
    expect(readdirSync(join(dir, '.labos')).sort()).toEqual(['checked', 'parts', 'pull.json'])
    expect(readdirSync(join(dir, '.labos', 'parts'))).toEqual([])
  })

  it('takes only files that match, and refuses a pattern that matches none', async () => {
    expect((await run({ patterns: ['*.json', 'extra/*'] })).files.map(({ path }) => path)).toEqual([
      'config.json',
      'extra/notes.txt',
    ])
    await expect(run({ patterns: ['*.bin'] })).rejects.toMatchObject({
      code: 'usage.value',
      message: 'No file matches "*.bin".',
    })
  })

  it('in a dry run lists everything and makes nothing', async () => {
    const result = await run({ dryRun: true })
    expect(result.files.map(({ state }) => state)).toEqual(Array(4).fill('missing'))
    expect(existsSync(dir)).toBe(false)
  })

  it('says of a repository that moved where it is now', async () => {
    hub.formerRepo = 'someone/old'
    const context = contextOf()
    expect(await run({ model: 'someone/old' }, context)).toMatchObject({
      repo: 'someone/model',
      movedFrom: 'someone/old',
    })
    expect(context.events).toContainEqual({
      type: 'note',
      step: 'weights',
      text: 'someone/old has moved: it is someone/model now',
    })
  })

  it('goes on with its commit when the hub has a newer one', async () => {
    await run({ patterns: ['config.json'] })
    hub.older.push(COMMIT)
    hub.commit = 'b'.repeat(40)
    const context = contextOf()
    expect((await run({}, context)).commit).toBe(COMMIT)
    expect(context.events.find(({ type }) => type === 'note')).toMatchObject({
      text: `going on with commit aaaaaaa; there is a newer one: --revision ${hub.commit}`,
    })
    expect((await run({ revision: 'main' })).commit).toBe(COMMIT)
    expect((await run({ revision: hub.commit })).commit).toBe(hub.commit)
  })

  it('sends the token to the hub and never to the storage', async () => {
    await run({}, contextOf({ HF_TOKEN: 'hf_secret' }))
    expect(hub.leaked).toEqual([])
    expect(contents()).toEqual(wanted())
  })

  it('names the same model in other precisions', async () => {
    hub.repo = 'deepseek-ai/DeepSeek-Coder-V2-Lite-Instruct'
    expect((await run({ model: 'deepseek-coder-v2' })).others).toEqual([
      'deepseek-coder-v2@fp8',
      'deepseek-coder-v2@awq',
    ])
  })
})

describe('a pull is refused, and nothing is lost,', () => {
  it('where a file with other content stands', async () => {
    mkdirSync(dir, { recursive: true })
    writeFileSync(join(dir, 'config.json'), 'mine')
    await expect(run()).rejects.toMatchObject({ code: 'pull.taken', exit: 2 })
    expect(readFileSync(join(dir, 'config.json'), 'utf8')).toBe('mine')
  })

  it('but a file with the right content is taken as it is', async () => {
    mkdirSync(dir, { recursive: true })
    writeFileSync(join(dir, 'model-2.safetensors'), hub.files['model-2.safetensors']!)
    expect((await run()).files.find(({ path }) => path === 'model-2.safetensors')?.state).toBe('present')
  })

  it('into the folder of another repository', async () => {
    await run()
    hub.repo = 'someone/else'
    hub.commit = 'c'.repeat(40)
    await expect(run({ model: 'someone/else' })).rejects.toMatchObject({ code: 'pull.taken' })
  })

  it('when the content is not what the hub declares; the next try fetches it anew', async () => {
    hub.lies['model-2.safetensors'] = '0'.repeat(64)
    await expect(run()).rejects.toMatchObject({
      code: 'weights.damaged',
      aftermath: `What came so far is kept in ${dir}.`,
    })
    expect(existsSync(join(dir, 'model-2.safetensors'))).toBe(false)
    delete hub.lies['model-2.safetensors']
    await run()
    expect(contents()).toEqual(wanted())
  })

  it.each([
    ['a name outside the folder', '../evil.safetensors'],
    ['an absolute one', '/etc/evil'],
    ['a backslash', 'a\\b.txt'],
    ['a device of Windows', 'sub/NUL.txt'],
    ['the folder of labos itself', '.labos/lock'],
  ])('with %s in the repository', async (_what, path) => {
    hub.files[path] = Buffer.from('x')
    await expect(run()).rejects.toMatchObject({ code: 'hub.unsafe' })
    expect(existsSync(dir)).toBe(false)
  })

  it('with two names that differ in case only', async () => {
    hub.files['CONFIG.json'] = Buffer.from('x')
    await expect(run()).rejects.toMatchObject({ code: 'hub.unsafe' })
  })

  it.each([
    [404, {}, undefined, 'hub.unknown'],
    [401, {}, undefined, 'hub.unknown'],
    [401, { 'x-error-code': 'GatedRepo' }, undefined, 'hub.gated'],
    [403, { 'x-error-code': 'GatedRepo' }, 'hf_x', 'hub.gated'],
    [401, {}, 'hf_x', 'hub.gated'],
    [418, {}, undefined, 'network.download'],
  ])('when the hub answers %d %j with the token %s: %s', async (status, headers, token, code) => {
    hub.denied = { status, headers }
    await expect(run({}, contextOf(token === undefined ? {} : { HF_TOKEN: token }))).rejects.toMatchObject({ code })
  })

  it('when the hub stays busy; a short while it waits', async () => {
    hub.refusals.push({ status: 429 }, { status: 503 })
    expect((await run()).fetchedBytes).toBe(4_000_007)
    hub.denied = { status: 503 }
    await expect(run()).rejects.toMatchObject({ code: 'network.download' })
  })

  it.each([
    [{ model: 'deepseek-coder-v3' }, 'model.unknown'],
    [{ model: 'deepseek-coder-v2', precision: 'int8' as const }, 'usage.value'],
    [{ model: 'deepseek-coder-v2@fp8', precision: 'bf16' as const }, 'usage.value'],
    [{ model: 'someone/model', precision: 'bf16' as const }, 'usage.value'],
    [{ model: 'smollm2' }, 'usage.value'],
  ])('for %j: %s', async (more, code) => {
    await expect(run(more)).rejects.toMatchObject({ code, exit: 2 })
    expect(hub.asked).toEqual([])
  })

  it('while another one works on the folder', async () => {
    await run({ patterns: ['config.json'] })
    writeFileSync(
      join(dir, '.labos', 'lock'),
      JSON.stringify({ pid: 1, startTime: 't1', command: 'labos pull x', at: 0 }),
    )
    await expect(run()).rejects.toMatchObject({
      code: 'lab.busy',
      message: expect.stringContaining(`has been working on ${dir} for`) as string,
    })
  })
})
