import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import type { LabosError } from '../../../src/errors/labos-error.js'
import type { PullRequest, PullResult } from '../../../src/flow/pull.js'
import type { FakeContext } from '../../fakes/context.js'
import { deadAddress, serve } from '../../fakes/http-server.js'
import { hubContext, pullInto } from '../../fakes/pull.js'
import { COMMIT, repoHub, type RepoHub } from '../../fakes/repo-hub.js'
import { tempDir } from '../../fakes/temp-dir.js'

let hub: RepoHub
let dir: string

beforeEach(async () => {
  hub = await repoHub({ 'config.json': Buffer.from('{}'), 'model.safetensors': Buffer.alloc(1_000_000, 'w') })
  dir = join(tempDir(), 'model')
})

const contextOf = (env: Record<string, string> = {}): FakeContext => hubContext(hub.address, env)
const run = (more: Partial<PullRequest> = {}, context: FakeContext = contextOf()): Promise<PullResult> =>
  pullInto(dir, context, more)
const states = ({ files }: PullResult): string[] => files.map(({ path, state }) => `${path} ${state}`)
const notes = ({ events }: FakeContext): string[] =>
  events.flatMap((event) => (event.type === 'note' ? [event.text] : []))

/** The hub with another answer to everything but its API. */
const withFilesLike = (status: number, headers: Record<string, string>): Promise<string> =>
  serve((request, response) => {
    if (!request.url?.startsWith('/api/')) return void response.writeHead(status, headers).end()
    void fetch(`${hub.address}${request.url}`).then(async (answer) => response.end(await answer.text()))
  })

describe('a pull copes with', () => {
  it('empty files, which the hub has no bytes of', async () => {
    hub.files['package/__init__.py'] = Buffer.alloc(0)
    expect(states(await run())).toContain('package/__init__.py fetched')
    expect(readFileSync(join(dir, 'package', '__init__.py'))).toHaveLength(0)
    expect(states(await run())).toContain('package/__init__.py present')
  })

  it('paths that are too long for one file name', async () => {
    const path = `${'d'.repeat(120)}/${'é'.repeat(100)}/notes.txt`
    hub.files[path] = Buffer.from('x')
    expect(states(await run())).toContain(`${path} fetched`)
    expect(states(await run())).toContain(`${path} present`)
  })

  it('a dry run where a right file lies in a folder that labos has not begun', async () => {
    mkdirSync(dir)
    writeFileSync(join(dir, 'config.json'), '{}')
    const context = contextOf()
    expect(states(await run({ dryRun: true }, context))).toEqual(['config.json present', 'model.safetensors missing'])
    expect(notes(context)).toEqual(['config.json is here; reading it'])
    expect(readdirSync(dir)).toEqual(['config.json'])
  })

  it('a newer commit that is asked for: its own files are replaced, parts of the old one go', async () => {
    await run()
    writeFileSync(join(dir, '.labos', 'parts', 'model.safetensors.0123456789ab.part'), 'old')
    hub.older.push(COMMIT)
    hub.commit = 'b'.repeat(40)
    hub.files['config.json'] = Buffer.from('{"new":1}')
    expect(states(await run({ revision: hub.commit }))).toEqual(['config.json fetched', 'model.safetensors present'])
    expect(readFileSync(join(dir, 'config.json'), 'utf8')).toBe('{"new":1}')
    expect(readdirSync(join(dir, '.labos', 'parts'))).toEqual([])
  })

  it('a repository that moved since the folder was begun', async () => {
    await run({ patterns: ['config.json'] })
    hub.formerRepo = 'someone/model'
    hub.repo = 'other/model'
    expect(await run()).toMatchObject({ repo: 'other/model', movedFrom: 'someone/model', commit: COMMIT })
  })
})

describe('a pull is refused', () => {
  it.each([
    [401, { 'x-error-code': 'GatedRepo' }, 'hub.gated'],
    [403, { 'x-error-code': 'GatedRepo' }, 'hub.gated'],
    [404, { 'x-error-code': 'EntryNotFound' }, 'hub.unknown'],
  ])('at once where the list is open and files answer %d %j', async (status, headers, code) => {
    const context = hubContext(await withFilesLike(status, headers))
    await expect(run({}, context)).rejects.toMatchObject({ code })
    expect(context.events.filter(({ type }) => type === 'retry')).toEqual([])
  })

  it('for another repository, whatever revision is asked for', async () => {
    await run()
    hub.repo = 'someone/else'
    hub.commit = 'c'.repeat(40)
    await expect(run({ model: 'someone/else', revision: 'main' })).rejects.toMatchObject({ code: 'pull.taken' })
  })

  it('when the disk is too small, before a byte is asked for', async () => {
    const answer = {
      id: 'someone/model',
      sha: COMMIT,
      siblings: [{ rfilename: 'model.safetensors', lfs: { sha256: '0'.repeat(64), size: 2 ** 52 } }],
    }
    const asked: string[] = []
    const large = await serve((request, response) => {
      asked.push(request.url ?? '')
      response.end(JSON.stringify(answer))
    })
    const error = (await run({}, hubContext(large)).catch((thrown: unknown) => thrown)) as LabosError
    expect(error).toMatchObject({ code: 'disk.short', exit: 3 })
    expect(error.suggestions.join()).toContain('--to DIR')
    expect(asked).toHaveLength(1)
  })

  it('where a file of someone else is in the place of a folder', async () => {
    hub.files['config.json'] = Buffer.from('{}')
    hub.files['extra/notes.txt'] = Buffer.from('hello')
    mkdirSync(dir)
    writeFileSync(join(dir, 'extra'), 'mine')
    await expect(run()).rejects.toMatchObject({ code: 'pull.taken' })
    expect(existsSync(join(dir, 'config.json'))).toBe(false)
  })

  it('in the place of a file, and says how to use another place', async () => {
    writeFileSync(dir, 'mine')
    await expect(run()).rejects.toMatchObject({
      code: 'state.readonly',
      suggestions: [expect.any(String), 'Or pull to another place: `--to DIR`.'],
    })
  })

  it('where a link of someone else leads nowhere', async () => {
    mkdirSync(dir)
    symlinkSync(join(dir, 'nowhere'), join(dir, 'config.json'))
    await expect(run()).rejects.toMatchObject({ code: 'pull.taken' })
  })

  it('when the hub cannot be reached, and makes nothing', async () => {
    await expect(run({}, hubContext(await deadAddress()))).rejects.toMatchObject({ code: 'network.download', exit: 3 })
    expect(existsSync(dir)).toBe(false)
  })

  it.each(['owner/..', '../owner', 'owner/.hidden', 'a/b/c'])(
    'for %s, which is no name of a repository',
    async (model) => {
      await expect(run({ model })).rejects.toMatchObject({ code: 'model.unknown' })
      expect(hub.asked).toEqual([])
    },
  )
})
