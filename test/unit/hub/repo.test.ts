import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { describeRepo, type HubRepo } from '../../../src/hub/repo.js'
import { deadAddress, serve } from '../../fakes/http-server.js'
import { hubContext } from '../../fakes/pull.js'
import { COMMIT, repoHub } from '../../fakes/repo-hub.js'

const never = new AbortController().signal
const ask = (address: string, env: Record<string, string> = {}, repo = 'someone/model'): Promise<HubRepo> =>
  describeRepo(repo, 'main', hubContext(address, env), never)
const answering = (status: number, headers: Record<string, string>, body = ''): Promise<string> =>
  serve((_, response) => void response.writeHead(status, headers).end(body))

describe('describeRepo', () => {
  it('tells commit, sizes and digests in one request', async () => {
    const content = Buffer.from('weights')
    const hub = await repoHub({ 'a.safetensors': content, 'b.txt': Buffer.from('hello\n') })
    expect(await ask(hub.address)).toEqual({
      repo: 'someone/model',
      commit: COMMIT,
      wantsToken: false,
      files: [
        {
          path: 'a.safetensors',
          bytes: 7,
          digest: { kind: 'sha256', hex: createHash('sha256').update(content).digest('hex') },
        },
        // what `git hash-object` says of it
        { path: 'b.txt', bytes: 6, digest: { kind: 'git-blob', hex: 'ce013625030ba8dba906f756967f9e9ca394464a' } },
      ],
    })
    expect(hub.asked).toEqual(['GET /api/models/someone/model/revision/main'])
  })

  it('follows a repository that moved, and says from where', async () => {
    const hub = await repoHub({ 'b.txt': Buffer.from('x') })
    hub.formerRepo = 'someone/old'
    expect(await ask(hub.address, {}, 'someone/old')).toMatchObject({ repo: 'someone/model', movedFrom: 'someone/old' })
  })

  it('does not call another spelling a move', async () => {
    const body = JSON.stringify({ id: 'Someone/Model', sha: COMMIT, siblings: [] })
    const found = await ask(await answering(200, {}, body))
    expect(found).toMatchObject({ repo: 'Someone/Model' })
    expect(found.movedFrom).toBeUndefined()
  })

  it.each([
    [404, { 'x-error-code': 'RepoNotFound' }, {}, 'hub.unknown', /has no someone\/model at main/],
    [404, { 'x-error-code': 'RevisionNotFound' }, { HF_TOKEN: 'hf_x' }, 'hub.unknown', /HTTP 404/],
    [401, {}, {}, 'hub.unknown', /HTTP 401/],
    [401, { 'x-error-code': 'GatedRepo' }, {}, 'hub.gated', /refuses access/],
    [403, { 'x-error-message': 'not on the list' }, { HF_TOKEN: 'hf_x' }, 'hub.gated', /HTTP 403, not on the list/],
    [
      401,
      { 'x-error-message': 'Invalid credentials' },
      { HF_TOKEN: 'hf_x' },
      'hub.gated',
      /accept the token in HF_TOKEN/,
    ],
    [410, {}, {}, 'network.download', /HTTP 410/],
  ])('HTTP %d %j with %j is %s', async (status, headers, env: Record<string, string>, code, message) => {
    await expect(ask(await answering(status, headers), env)).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message) as string,
    })
  })

  it('never says the token', async () => {
    const error: unknown = await ask(await answering(401, {}), { HF_TOKEN: 'hf_secret' }).catch(
      (thrown: unknown) => thrown,
    )
    expect(JSON.stringify(error)).not.toContain('hf_secret')
  })

  it.each([
    ['no JSON', '<html>'],
    ['no commit', { id: 'a/b', sha: 'main', siblings: [] }],
    ['no sizes', { id: 'a/b', sha: COMMIT, siblings: [{ rfilename: 'x' }] }],
    ['no digest', { id: 'a/b', sha: COMMIT, siblings: [{ rfilename: 'x', size: 1 }] }],
  ])('refuses an answer with %s', async (_what, body) => {
    const text = typeof body === 'string' ? body : JSON.stringify(body)
    await expect(ask(await answering(200, {}, text))).rejects.toMatchObject({
      code: 'network.download',
      message: expect.stringContaining('lacks commit, sizes or checksums') as string,
    })
  })

  it('says why the hub cannot be reached', async () => {
    await expect(ask(await deadAddress())).rejects.toMatchObject({
      code: 'network.download',
      message: expect.stringContaining('the connection was refused') as string,
    })
  })
})
