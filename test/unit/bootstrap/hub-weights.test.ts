import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { BootstrapDeps } from '../../../src/bootstrap/deps.js'
import { areWeightsReady, fetchWeights, weightsPath } from '../../../src/bootstrap/fetch-weights.js'
import type { Clock } from '../../../src/ports.js'
import { bootstrapBench, hurriedClock, passTime, type BootstrapBench } from '../../fakes/bootstrap.js'
import { fakeClock } from '../../fakes/clock.js'
import { fakeHub, type FakeHub } from '../../fakes/hub.js'
import { deadAddress } from '../../fakes/http-server.js'
import { tempDir } from '../../fakes/temp-dir.js'

const source = { kind: 'hub', repo: 'me/tiny-GGUF', revision: 'main', file: 'tiny.gguf', bytes: 300_000 } as const
const content = Buffer.from(Array.from({ length: 300_000 }, (_, index) => (index * 7919) % 251))
const sha = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex')

interface Scene extends BootstrapBench {
  readonly hub: FakeHub
  readonly cacheDir: string
  readonly path: string
  readonly part: string
  fetch(): Promise<string>
}

async function scene(
  change: { env?: Record<string, string>; clock?: Clock; deps?: Partial<BootstrapDeps>; signal?: AbortSignal } = {},
): Promise<Scene> {
  const hub = await fakeHub(content)
  const cacheDir = tempDir()
  const bench = bootstrapBench({
    fetch: globalThis.fetch,
    clock: change.clock ?? hurriedClock(),
    env: { HF_ENDPOINT: hub.address, ...change.env },
    ...change.deps,
  })
  const path = weightsPath(source, cacheDir)
  const signal = change.signal ?? new AbortController().signal
  const fetch = (): Promise<string> => fetchWeights(source, { cacheDir, engineHome: '' }, bench.deps, signal)
  return { ...bench, hub, cacheDir, path, part: `${path}.part`, fetch }
}

/** What an earlier run left of a file with that checksum. */
function leavePart({ part, cacheDir }: Scene, bytes: Buffer, of = sha(content)): void {
  mkdirSync(join(cacheDir, 'models'), { recursive: true })
  writeFileSync(part, bytes)
  writeFileSync(`${part}.from`, of)
}

describe('weights from the hub', () => {
  it('come from one commit, are checked, and leave nothing beside them but the mark', async () => {
    const at = await scene()
    expect(await at.fetch()).toBe(at.path)
    expect(readFileSync(at.path).equals(content)).toBe(true)
    expect(at.hub.asked).toEqual([
      'HEAD /me/tiny-GGUF/resolve/main/tiny.gguf',
      'GET /me/tiny-GGUF/resolve/c0ffee/tiny.gguf',
    ])
    expect(readdirSync(join(at.cacheDir, 'models')).sort()).toEqual(['tiny.gguf', 'tiny.gguf.checked'])
    expect(at.of('done')).toMatchObject([
      { step: 'weights', text: expect.stringMatching(/^tiny\.gguf, 300 kB in /) as string },
    ])
    expect(await areWeightsReady(source, at.cacheDir)).toBe(true)
  })

  it('are not asked for twice', async () => {
    const at = await scene()
    await at.fetch()
    at.hub.asked.length = 0
    await at.fetch()
    expect(at.hub.asked).toEqual([])
  })

  it('go on where the connection broke', async () => {
    const at = await scene()
    at.hub.cuts.push(100_000, 50_000)
    await at.fetch()
    expect(readFileSync(at.path).equals(content)).toBe(true)
    expect(at.of('retry')).toMatchObject([{ reason: 'the connection broke' }, {}])
    expect(at.hub.asked.at(-1)).toMatch(/bytes=\d+-$/)
  })

  it('go on where an earlier run was killed', async () => {
    const at = await scene()
    leavePart(at, content.subarray(0, 250_000))
    await at.fetch()
    expect(at.hub.asked[1]).toMatch(/bytes=250000-$/)
    expect(readFileSync(at.path).equals(content)).toBe(true)
    expect(at.of('done')).toMatchObject([{ text: expect.stringContaining('50 kB') as string }])
  })

  it('need no download when only the last check was missing', async () => {
    const at = await scene()
    leavePart(at, content)
    await at.fetch()
    expect(at.hub.asked).toHaveLength(1)
    expect(existsSync(at.path)).toBe(true)
  })

  it('begin anew when the hub has another file by now', async () => {
    const at = await scene()
    leavePart(at, Buffer.alloc(250_000), sha(Buffer.from('an older file')))
    await at.fetch()
    expect(at.hub.asked[1]).not.toContain('bytes=')
    expect(readFileSync(at.path).equals(content)).toBe(true)
  })

  it('begin anew where the storage knows no ranges', async () => {
    const at = await scene()
    leavePart(at, content.subarray(0, 1000))
    at.hub.ignoresRanges = true
    await at.fetch()
    expect(readFileSync(at.path).equals(content)).toBe(true)
  })

  it('are adopted when they are there without a mark', async () => {
    const at = await scene()
    leavePart(at, Buffer.alloc(0))
    writeFileSync(at.path, content)
    expect(await areWeightsReady(source, at.cacheDir)).toBe(false)
    await at.fetch()
    expect(at.hub.asked).toHaveLength(1)
    expect(await areWeightsReady(source, at.cacheDir)).toBe(true)
  })

  it('are fetched again, with a note, when they changed on disk', async () => {
    const at = await scene()
    await at.fetch()
    writeFileSync(at.path, 'damaged')
    await at.fetch()
    expect(at.of('note')).toMatchObject([{ text: 'tiny.gguf does not match its checksum; it is fetched again' }])
    expect(readFileSync(at.path).equals(content)).toBe(true)
  })

  it('that do not match what the hub declares are removed', async () => {
    const at = await scene()
    at.hub.declared = { sha256: '0'.repeat(64) }
    await expect(at.fetch()).rejects.toMatchObject({
      code: 'weights.damaged',
      message: expect.stringContaining('000000000000') as string,
    })
    expect(existsSync(at.part)).toBe(false)
    expect(existsSync(at.path)).toBe(false)
  })

  it('use the token for the hub, and never show it to the storage', async () => {
    const at = await scene({ env: { HF_TOKEN: 'hf_secret' } })
    await at.fetch()
    expect(at.hub.leaked).toEqual([])
    expect(JSON.stringify(at.events)).not.toContain('hf_secret')
  })
})

describe('trouble on the way', () => {
  it('stalls for a minute: tries again, and after five in vain gives up with what came kept', async () => {
    const clock = fakeClock()
    const at = await scene({ clock })
    leavePart(at, content.subarray(0, 1234))
    at.hub.hang = 99
    const failing = at.fetch().catch((error: unknown) => error)
    while (at.hub.asked.length < 2) await new Promise((resolve) => setTimeout(resolve, 5))
    expect(await passTime(clock, 1000, failing)).toMatchObject({
      code: 'network.download',
      message: expect.stringContaining('nothing came for 1 m 00 s') as string,
    })
    expect(statSync(at.part).size).toBe(1234)
  })

  it('without a network: says which address, and what to do', async () => {
    const dead = await deadAddress()
    const at = await scene({ env: { HF_ENDPOINT: dead } })
    await expect(at.fetch()).rejects.toMatchObject({
      code: 'network.download',
      message: `${dead} could not be asked for /me/tiny-GGUF/resolve/main/tiny.gguf: the connection was refused.`,
    })
    expect(at.of('retry')).toHaveLength(2)
    expect(at.of('failed')).toMatchObject([{ step: 'weights' }])
  })

  it.each([
    [401, {}, 'refuses access to me/tiny-GGUF (HTTP 401)', 'HF_TOKEN'],
    [403, { 'x-error-message': 'Access is restricted' }, 'HTTP 403, Access is restricted', 'Accept the terms'],
    [404, {}, 'there is no tiny.gguf at main of me/tiny-GGUF', 'update labos'],
    [400, {}, 'it answered HTTP 400', 'HF_ENDPOINT'],
  ] as [number, Record<string, string>, string, string][])(
    'HTTP %i is explained',
    async (status, headers, says, advice) => {
      const at = await scene()
      at.hub.refusals.push({ status, headers })
      const error: unknown = await at.fetch().catch((reason: unknown) => reason)
      expect(error).toMatchObject({ code: 'network.download', message: expect.stringContaining(says) as string })
      expect(JSON.stringify(error)).toContain(advice)
    },
  )

  it('a busy hub is asked again', async () => {
    const at = await scene()
    at.hub.refusals.push({ status: 503 }, { status: 429 })
    await at.fetch()
    expect(at.of('retry')).toMatchObject([{ reason: 'it answered HTTP 503' }, { reason: 'it answered HTTP 429' }])
  })

  it('a renamed repository is followed within the hub', async () => {
    const at = await scene()
    at.hub.refusals.push({ status: 307, headers: { location: '/you/tiny-GGUF/resolve/main/tiny.gguf' } })
    await at.fetch()
    expect(at.hub.asked[1]).toBe('HEAD /you/tiny-GGUF/resolve/main/tiny.gguf')
  })

  it('an answer without a checksum is not trusted', async () => {
    const at = await scene()
    at.hub.declared = { sha256: 'abc' }
    await expect(at.fetch()).rejects.toMatchObject({
      code: 'network.download',
      message: expect.stringContaining('lacks') as string,
    })
  })

  it('a disk without room is noticed before the download', async () => {
    const at = await scene()
    at.hub.declared = { bytes: 1e15 }
    await expect(at.fetch()).rejects.toMatchObject({
      code: 'disk.short',
      message: expect.stringContaining('1000 TB more') as string,
    })
    expect(at.hub.asked).toHaveLength(1)
  })

  it('an abort ends it at once, keeping what came', async () => {
    const stop = new AbortController()
    const clock = fakeClock()
    const at = await scene({ clock, signal: stop.signal })
    leavePart(at, content.subarray(0, 1234))
    at.hub.hang = 1
    const failing = at.fetch().catch((error: unknown) => error)
    while (at.hub.asked.length < 2) await new Promise((resolve) => setTimeout(resolve, 5))
    stop.abort(new Error('enough'))
    expect(await failing).toMatchObject({ message: 'enough' })
    expect(statSync(at.part).size).toBe(1234)
    expect(at.of('failed')).toEqual([])
    expect(clock.sleepers).toBe(0)
  })
})

describe('two labos at once', () => {
  it('the second waits, says so, and finds the file', async () => {
    const held: string[] = []
    const hold: BootstrapDeps['hold'] = (path, onWait) => {
      held.push(path)
      onWait()
      return Promise.resolve(() => Promise.resolve(void held.pop()))
    }
    const at = await scene({ deps: { hold } })
    leavePart(at, Buffer.alloc(0))
    writeFileSync(at.path, content) // what the first one made meanwhile
    await at.fetch()
    expect(at.of('note')).toMatchObject([{ text: 'another labos is fetching tiny.gguf; waiting for it' }])
    expect(at.of('done')).toMatchObject([{ text: 'tiny.gguf, here already' }])
    expect(held).toEqual([])
  })
})
