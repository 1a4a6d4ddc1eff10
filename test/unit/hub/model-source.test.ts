import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { isFolder, isRepoName } from '../../../src/hub/model-name.js'
import { type ModelSource, readModelSource } from '../../../src/hub/model-source.js'
import { serve } from '../../fakes/http-server.js'
import { hubContext } from '../../fakes/pull.js'
import { COMMIT, repoHub } from '../../fakes/repo-hub.js'
import { tempDir } from '../../fakes/temp-dir.js'

const never = new AbortController().signal
const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value))
const INDEX = 'model.safetensors.index.json'
const files = (): Record<string, Buffer> => ({
  'config.json': json({ hidden_size: 8 }),
  [INDEX]: json({ metadata: { total_size: 1000 } }),
  'model-1.safetensors': Buffer.alloc(700),
  'model-2.safetensors': Buffer.alloc(500),
})
const read = (name: string, address = 'http://127.0.0.1:1', revision = 'main'): Promise<ModelSource> =>
  readModelSource(name, revision, hubContext(address), never)

function folderWith(content: Record<string, Buffer>): string {
  const folder = join(tempDir(), 'weights')
  mkdirSync(folder)
  for (const [name, bytes] of Object.entries(content)) writeFileSync(join(folder, name), bytes)
  return folder
}

describe('the source of a model on the hub', () => {
  it('is its configuration, and the size that its index states', async () => {
    const hub = await repoHub(files())
    expect(await read('someone/model', hub.address)).toEqual({
      name: 'someone/model',
      revision: COMMIT,
      config: { hidden_size: 8 },
      weightsBytes: 1000,
      weightFiles: 2,
    })
    expect(hub.asked).toHaveLength(3) // no weights
  })

  it('is of the revision that is asked for', async () => {
    const hub = await repoHub(files())
    hub.older.push('b'.repeat(40))
    expect((await read('someone/model', hub.address, 'b'.repeat(40))).revision).toBe('b'.repeat(40))
    await expect(read('someone/model', hub.address, 'v9')).rejects.toMatchObject({ code: 'hub.unknown', exit: 2 })
  })

  it('without an index is as large as its files', async () => {
    const { [INDEX]: _, ...rest } = files()
    const hub = await repoHub(rest)
    expect(await read('someone/model', hub.address)).toMatchObject({ weightsBytes: 1200, weightFiles: 2 })
  })

  it('has no size without safetensors, and says from where it moved', async () => {
    const hub = await repoHub({ 'config.json': json({}), 'model.gguf': Buffer.alloc(5) })
    hub.formerRepo = 'someone/old'
    expect(await read('someone/old', hub.address)).toEqual({
      name: 'someone/model',
      movedFrom: 'someone/old',
      revision: COMMIT,
      config: {},
    })
  })

  it.each([
    ['missing', { 'model.gguf': Buffer.alloc(5) }, 'There is no config.json in someone/model.'],
    ['malformed', { 'config.json': Buffer.from('{"a"') }, 'config.json of someone/model is not JSON'],
  ])('is refused when config.json is %s', async (_what, content, message) => {
    const hub = await repoHub(content)
    await expect(read('someone/model', hub.address)).rejects.toMatchObject({
      code: 'model.config',
      exit: 2,
      message: expect.stringContaining(message) as string,
    })
  })

  it('is refused where the list is open and the files are gated', async () => {
    const hub = await repoHub(files())
    const gate = await serve((request, response) => {
      if (!request.url?.startsWith('/api/')) return void response.writeHead(401, { 'x-error-code': 'GatedRepo' }).end()
      void fetch(`${hub.address}${request.url}`).then(async (answer) => response.end(await answer.text()))
    })
    await expect(read('someone/model', gate)).rejects.toMatchObject({ code: 'hub.gated', exit: 3 })
  })
})

describe('the source of a model in a folder', () => {
  it('is read without the hub', async () => {
    const folder = folderWith(files())
    expect(await read(folder)).toEqual({
      name: folder,
      revision: null,
      config: { hidden_size: 8 },
      weightsBytes: 1000,
      weightFiles: 2,
    })
  })

  it('is as large as its files where the index is of no use', async () => {
    expect(await read(folderWith({ ...files(), [INDEX]: json({}) }))).toMatchObject({ weightsBytes: 1200 })
  })

  it('is refused without a configuration, and with a broken one', async () => {
    await expect(read(folderWith({}))).rejects.toMatchObject({ code: 'model.config' })
    await expect(read(folderWith({ 'config.json': Buffer.from('{') }))).rejects.toMatchObject({ code: 'model.config' })
    await expect(read('./nowhere')).rejects.toMatchObject({ code: 'model.config' })
  })
})

describe('a name', () => {
  it.each(['.', './x', '../x', '/x', '~/x', '~', String.raw`C:\x`, 'src', 'src/hub'])(
    '%s is a folder',
    async (name) => {
      expect(await isFolder(name)).toBe(true)
    },
  )

  it.each(['owner/name', 'nowhere', 'package.json', '.hidden/x'])('%s is none', async (name) => {
    expect(await isFolder(name)).toBe(false)
  })

  it.each([
    ['Qwen/Qwen2.5-7B', true],
    ['a/b', true],
    ['a', false],
    ['a/b/c', false],
    ['a/..', false],
    ['../a', false],
    ['a/b?c', false],
  ])('%s of a repository: %s', (name, is) => {
    expect(isRepoName(name)).toBe(is)
  })
})
