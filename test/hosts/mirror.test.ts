/** The servers that machines download from: how they can be slow, silent and wrong, and that real clients take them as real. */
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { get } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { afterEach, describe, expect, it } from 'vitest'
import { installTool } from '../cloud/python-tool.js'
import { tempDir } from '../fakes/temp-dir.js'
import { addRepo } from './hub-tree.js'
import { type Mirror, startMirror } from './mirror.js'
import { type HubAccess, hubListener, storageListener } from './mirror-hub.js'
import { indexListener } from './mirror-index.js'
import { sendFile } from './send-file.js'
import { ended } from './shell.js'
import { makeWheel } from './wheel.js'

const open: Mirror[] = []
afterEach(async () => {
  for (const each of open.splice(0)) await each.close()
})

async function mirrorOf(...start: Parameters<typeof startMirror>): Promise<Mirror> {
  const mirror = await startMirror(...start)
  open.push(mirror)
  return mirror
}

const LOCAL = '127.0.0.1'
const content = Buffer.from(Array.from({ length: 400_000 }, (_, index) => index % 251))

async function fileMirror(): Promise<Mirror> {
  const file = `${tempDir()}/file`
  writeFileSync(file, content)
  return mirrorOf(LOCAL, (request, response) => sendFile(file, request, response, { etag: '"one"' }))
}

async function ask(url: string, headers: Record<string, string> = {}): Promise<IncomingMessage> {
  const [response] = (await once(get(url, { headers, agent: false }), 'response')) as [IncomingMessage]
  return response
}

describe('the link', () => {
  it('is as slow as it is set, and as quick again when that is lifted', async () => {
    const mirror = await fileMirror()
    mirror.bytesPerS = 20_000
    const answer = await ask(mirror.url)
    await once(answer, 'readable')
    expect(mirror.sentBytes).toBeLessThan(content.length / 2)
    mirror.bytesPerS = Infinity
    expect((await buffer(answer)).equals(content)).toBe(true)
  })

  it('stands still after so many bytes for all, and goes on', async () => {
    const mirror = await fileMirror()
    mirror.stallAfter(100_000)
    const both = [ask(mirror.url), ask(mirror.url)].map(async (answer) => buffer(await answer))
    await expect.poll(() => mirror.sentBytes).toBe(100_000)
    const later = await Promise.race([...both, new Promise((resolve) => setTimeout(resolve, 300, 'still'))])
    expect([later, mirror.sentBytes]).toEqual(['still', 100_000])
    mirror.resume()
    for (const each of await Promise.all(both)) expect(each.equals(content)).toBe(true)
  })

  it('breaks once, and the rest can be asked for', async () => {
    const mirror = await fileMirror()
    mirror.breakAfter(150_000)
    const parts: Buffer[] = []
    const broken = await ask(mirror.url)
    await expect(
      (async () => {
        for await (const chunk of broken) parts.push(chunk as Buffer)
      })(),
    ).rejects.toThrow('aborted')
    const have = Buffer.concat(parts)
    const rest = await ask(mirror.url, { range: `bytes=${String(have.length)}-` })
    expect(rest.statusCode).toBe(206)
    expect(Buffer.concat([have, await buffer(rest)]).equals(content)).toBe(true)
    expect(mirror.asked).toEqual(['GET /', `GET / bytes=${String(have.length)}-`])
  })
})

it('answers with the fault that is scripted, as often as it is', async () => {
  const mirror = await fileMirror()
  mirror.fail({ status: 503, times: 2, path: /big/, headers: { 'retry-after': '1' } })
  const statuses = async (path: string) => (await fetch(mirror.url + path)).status
  expect(await statuses('/small')).toBe(200)
  expect((await fetch(`${mirror.url}/big`)).headers.get('retry-after')).toBe('1')
  expect([await statuses('/big'), await statuses('/big')]).toEqual([503, 200])
})

it.each([
  ['bytes=399990-', 206, 'bytes 399990-399999/400000'],
  ['bytes=-5', 206, 'bytes 399995-399999/400000'],
  ['bytes=0-9', 206, 'bytes 0-9/400000'],
  ['bytes=400000-', 416, 'bytes */400000'],
])('sends the part %s', async (range, status, said) => {
  const answer = await ask((await fileMirror()).url, { range })
  expect([answer.statusCode, answer.headers['content-range']]).toEqual([status, said])
  answer.destroy()
})

it('sends all of it to who has a part of an older one', async () => {
  const { url } = await fileMirror()
  const part = async (etag: string) => (await fetch(url, { headers: { range: 'bytes=5-', 'if-range': etag } })).status
  expect([await part('"one"'), await part('"older"')]).toEqual([206, 200])
})

it('is an index that pip installs from, and whose digests pip checks', async () => {
  const folder = tempDir()
  await makeWheel(folder, 'Tiny_Thing', '1.0', 10)
  await makeWheel(folder, 'Tiny_Thing', '1.1', 10)
  const { url, asked } = await mirrorOf(LOCAL, indexListener(folder))
  const pip = (...wish: string[]) =>
    ended(['python3', '-m', 'pip', 'download', '-q', '--no-cache-dir', '-d', tempDir(), '-i', `${url}/simple`, ...wish])
  expect(await pip('tiny-thing')).toMatchObject({ exitCode: 0 })
  expect(asked).toEqual(['GET /simple/tiny-thing/', 'GET /files/Tiny_Thing-1.1-py3-none-any.whl'])
  await makeWheel(folder, 'Tiny_Thing', '1.1', 11)
  expect(await pip('tiny-thing')).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining('DO NOT MATCH THE HASHES') as string,
  })
  expect(await pip('other-thing')).toMatchObject({ exitCode: 1 })
  expect(await (await fetch(`${url}/simple/`)).text()).toContain('<a href="/simple/tiny-thing/">')
})

describe('as a hub', () => {
  const HF = { name: 'hf', version: '2.4.0', wish: 'huggingface_hub', module: 'huggingface_hub' }
  const COMMIT = 'abc123'.padEnd(40, '0')
  const files = { 'config.json': Buffer.from('{}'), 'sub/model.safetensors': Buffer.alloc(2_000_000, 'x') }

  async function startHub(access: HubAccess = { tokens: [], gated: {} }) {
    const tree = tempDir()
    const repos = [await addRepo(tree, 'some/model', COMMIT, files)]
    const storage = await mirrorOf(LOCAL, storageListener(tree))
    const hub = await mirrorOf(LOCAL, hubListener(tree, repos, { access, storage: storage.url }))
    return { hub, storage }
  }

  async function download(hub: Mirror, repo: string, token?: string) {
    const python = await installTool(HF)
    const home = tempDir()
    const env = { HF_HOME: home, HF_ENDPOINT: hub.url, DISABLE_TELEMETRY: '1', HF_HUB_DISABLE_UPDATE_CHECK: '1' }
    const all = Object.entries(token === undefined ? env : { ...env, HF_TOKEN: token })
    const argv = all.map(([name, value]) => `${name}=${value}`)
    const done = await ended(['env', ...argv, python.replace(/python$/, 'hf'), 'download', repo, '--local-dir', home])
    const got = await ended(['sh', '-c', `cd '${home}' && cat sub/model.safetensors | wc -c`])
    return { ...done, bytes: Number(got.stdout) }
  }

  it('gives hf its files, over a break', async () => {
    const { hub, storage } = await startHub()
    storage.breakAfter(1_000_000)
    expect(await download(hub, 'some/model')).toMatchObject({ exitCode: 0, bytes: 2_000_000 })
    expect(storage.asked.length).toBeGreaterThan(1)
    expect(hub.asked).toContain(`HEAD /some/model/resolve/${COMMIT}/sub/model.safetensors`)
  })

  it('lets into what is gated whoever may, and tells others so', async () => {
    const { hub } = await startHub({ tokens: ['hf_in', 'hf_out'], gated: { 'some/model': ['hf_in'] } })
    const denied = { exitCode: 1, stderr: expect.stringContaining('requires approval') as string }
    expect(await download(hub, 'some/model')).toMatchObject(denied)
    expect(await download(hub, 'some/model', 'hf_out')).toMatchObject(denied)
    expect(await download(hub, 'some/model', 'hf_in')).toMatchObject({ exitCode: 0, bytes: 2_000_000 })
    const status = async (token: string) => {
      const place = `${hub.url}/some/model/resolve/main/config.json`
      const { status: code, headers } = await fetch(
        place,
        token === '' ? {} : { headers: { authorization: `Bearer ${token}` } },
      )
      return [code, headers.get('x-error-code')]
    }
    expect([await status(''), await status('hf_out'), await status('hf_bad')]).toEqual([
      [401, 'GatedRepo'],
      [403, 'GatedRepo'],
      [401, null],
    ])
  })

  it('says what it does not have', async () => {
    const { hub } = await startHub({ tokens: ['hf_in'], gated: {} })
    const missing = await download(hub, 'some/other', 'hf_in')
    expect(missing).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('not found') as string })
    const code = async (path: string) => (await fetch(hub.url + path)).headers.get('x-error-code')
    expect(await code('/some/model/resolve/main/none')).toBe('EntryNotFound')
    expect(await code('/api/models/some/model/revision/none')).toBe('RevisionNotFound')
  })
})
