import { describe, expect, it } from 'vitest'
import type { KeeperStatus } from '../../../src/flow/keeper-status.js'
import { proveServing } from '../../../src/flow/prove-serving.js'
import { localProving, type Proving, machineProving } from '../../../src/flow/proving.js'
import type { Fetch } from '../../../src/ports.js'
import { ensureKey } from '../../../src/state/store.js'
import { fakeContext, fakeProcesses, type FakeContext, saveSomeKeeper, saveSomeLab } from '../../fakes/context.js'
import { rentedLab, saveRentedLab } from '../../fakes/rented.js'
import { served, serving } from '../../fakes/served.js'

const never = new AbortController().signal
const json = (value: unknown, status = 200): Response => new Response(JSON.stringify(value), { status })

const said: KeeperStatus = {
  labId: 'lab-00000000aa',
  engine: { state: 'starting', restarts: 0 },
  activity: { inFlight: 0, requests: 0 },
  lease: {},
}

/** The lab "one" whose endpoint answers like this; what is asked of its completions is in `asked`. */
async function world(
  answers: Readonly<Record<string, () => Response>>,
  keeper: Partial<KeeperStatus> = {},
): Promise<{ context: FakeContext; asked: unknown[] }> {
  const asked: unknown[] = []
  const fetch: Fetch = async (url, init) => {
    const { pathname } = new URL(url instanceof Request ? url.url : url)
    if (typeof init?.body === 'string') asked.push({ pathname, ...(JSON.parse(init.body) as object) })
    return answers[pathname]?.() ?? json({}, 404)
  }
  const ask = async (): Promise<unknown> => ({ ...said, ...keeper })
  const context = fakeContext({ fetch, ask, processes: fakeProcesses([1, 7]) })
  await saveRentedLab(context.paths, served)
  await ensureKey(context.paths, 'one')
  await saveSomeKeeper(context.paths, 'one', { port: 8485 })
  return { context, asked }
}

const healthy = {
  '/health': () => json({}),
  '/v1/models': () => json({ data: [{ id: 'deepseek-coder-v2' }] }),
}
const text =
  (said: string): (() => Response) =>
  () =>
    json({ choices: [{ text: said }], usage: { completion_tokens: 8 } })

const base = (more: Partial<typeof serving> = {}): Proving =>
  machineProving(rentedLab({ ...served, serving: { ...serving, ...more } }), 60_000)

describe('the proof that a lab serves', () => {
  it('asks a base model for text to go on with, which has no chat', async () => {
    const canary = { prompt: 'def add(a, b):', expect: 'a \\+ b' }
    const { context, asked } = await world({ ...healthy, '/v1/completions': text('return a + b') })
    expect(await proveServing(base({ asks: 'completion', canary }), context, never)).toMatchObject({
      firstTokenMs: 0,
      canaryText: 'return a + b',
    })
    const common = { pathname: '/v1/completions', model: 'deepseek-coder-v2', temperature: 0 }
    expect(asked).toEqual([
      { ...common, prompt: 'Hi', max_tokens: 1 },
      { ...common, prompt: 'def add(a, b):', max_tokens: 32 },
    ])
  })

  it('is one token where no answer is known', async () => {
    const { context, asked } = await world({ ...healthy, '/v1/completions': text('!') })
    expect(await proveServing(base({ asks: 'completion', canary: null }), context, never)).toEqual({ firstTokenMs: 0 })
    expect(asked).toHaveLength(1)
  })

  it.each([
    [
      { state: 'failed' as const, detail: 'CUDA out of memory.', restarts: 0 },
      {},
      'serving.failed',
      'CUDA out of memory.',
    ],
    [
      { state: 'failed' as const, detail: 'another key', restarts: 0 },
      { path: { state: 'failed' as const, code: 'ssh.hostkey', since: '2026' } },
      'ssh.hostkey',
      'another key.',
    ],
    [{ state: 'ended' as const, detail: 'its deadline passed', restarts: 0 }, {}, 'serving.failed', 'deadline passed.'],
  ])('ends at once where it was given up: %j', async (engine, more, code, words) => {
    const path = { state: 'connected' as const, since: '2026' }
    const { context } = await world({ '/health': () => json({}, 503) }, { engine, path, ...more })
    const error = (await proveServing(base(), context, never).catch((reason: unknown) => reason)) as Error
    expect(error).toMatchObject({ code })
    expect(error.message.endsWith(words)).toBe(true)
  })

  it('ends at its deadline, and asks ever less often until then', async () => {
    const { context } = await world({ '/health': () => json({ error: { message: 'It is loading.' } }, 503) })
    const proving = proveServing(base(), context, never).catch((reason: unknown) => reason)
    await context.clock.advance(62_000)
    expect(await proving).toMatchObject({
      code: 'deadline.passed',
      message: expect.stringContaining('loading') as string,
    })
  })

  it('of a local lab asks as its plan says', async () => {
    const record = await saveSomeLab(fakeContext().paths, 'one')
    expect(localProving(record)).toMatchObject({ port: 8484, model: 'smollm2', asks: 'chat', engine: 'llama.cpp' })
  })
})
