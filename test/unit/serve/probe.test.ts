import { describe, expect, it } from 'vitest'
import type { Fetch } from '../../../src/ports.js'
import { probe, type ProbeResult } from '../../../src/serve/probe.js'
import { fakeClock } from '../../fakes/clock.js'

interface Asked {
  readonly method: string
  readonly path: string
  readonly authorization: string | null
  readonly body: unknown
}

type Answers = Partial<Record<'/health' | '/v1/models' | '/v1/chat/completions', () => Response | Promise<Response>>>

const json = (value: unknown, status = 200): Response => new Response(JSON.stringify(value), { status })

const fine: Required<Answers> = {
  '/health': () => json({ status: 'ok' }),
  '/v1/models': () => json({ data: [{ id: 'coder' }] }),
  '/v1/chat/completions': () => json({ usage: { completion_tokens: 1 } }),
}

async function probed(
  answers: Answers = {},
  signal = new AbortController().signal,
): Promise<{ result: ProbeResult; asked: Asked[] }> {
  const asked: Asked[] = []
  const fetch: Fetch = async (input, init) => {
    const request = new Request(input, init)
    const path = new URL(request.url).pathname as keyof typeof fine
    const text = await request.text()
    asked.push({
      method: request.method,
      path,
      authorization: request.headers.get('authorization'),
      body: text === '' ? undefined : JSON.parse(text),
    })
    return { ...fine, ...answers }[path]()
  }
  const endpoint = { baseUrl: 'http://127.0.0.1:8100/v1', key: 'sk-lab', model: 'coder' }
  return { result: await probe(endpoint, { fetch, clock: fakeClock() }, signal), asked }
}

const error = (message: string): unknown => ({ error: { message, type: 'server_error', param: null, code: null } })

describe('probe', () => {
  it('is ready when health, the model list and one token are there', async () => {
    const { result, asked } = await probed()
    expect(result).toEqual({ state: 'ready' })
    expect(asked.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'GET /health',
      'GET /v1/models',
      'POST /v1/chat/completions',
    ])
    expect(new Set(asked.map(({ authorization }) => authorization))).toEqual(new Set(['Bearer sk-lab']))
    expect(asked[2]?.body).toEqual({
      model: 'coder',
      messages: [{ role: 'user', content: 'Hi' }],
      max_tokens: 1,
      temperature: 0,
    })
  })

  it.each<[string, Answers, string]>([
    ['says why it is away', { '/health': () => json(error('it is starting.'), 503) }, 'it is starting.'],
    ['is away without a reason', { '/health': () => json({}, 502) }, 'health answers 502'],
    ['is away with a page', { '/health': () => new Response('<html>', { status: 500 }) }, 'health answers 500'],
    ['leaves before the token', { '/v1/chat/completions': () => json(error('went away'), 503) }, 'went away'],
    ['cannot be reached', { '/health': () => Promise.reject(new TypeError('fetch failed')) }, 'fetch failed'],
    ['breaks off', { '/v1/models': () => Promise.reject(new Error('socket hang up')) }, 'socket hang up'],
  ])('is starting when the endpoint %s', async (_what, answers, detail) => {
    expect((await probed(answers)).result).toEqual({ state: 'starting', detail })
  })

  it.each<[string, Answers, string]>([
    ['lists another model', { '/v1/models': () => json({ data: [{ id: 'other' }] }) }, 'the model list lacks coder'],
    ['lists nothing', { '/v1/models': () => json({ data: [] }) }, 'the model list lacks coder'],
    ['lists what is no list', { '/v1/models': () => json({ models: [] }) }, 'the model list lacks coder'],
    [
      'answers without a token',
      { '/v1/chat/completions': () => json({ usage: { completion_tokens: 0 } }) },
      'no token, HTTP 200',
    ],
    ['answers what is no completion', { '/v1/chat/completions': () => new Response('hello') }, 'no token, HTTP 200'],
    ['refuses', { '/v1/chat/completions': () => json(error('no chat template'), 400) }, 'no chat template'],
  ])('has failed when the endpoint %s', async (_what, answers, detail) => {
    expect((await probed(answers)).result).toEqual({ state: 'failed', detail })
  })

  it('asks for no token from a model that is not listed', async () => {
    const { asked } = await probed({ '/v1/models': () => json({ data: [] }) })
    expect(asked.length).toBe(2)
  })

  it('rejects with the reason of the signal, and with nothing else', async () => {
    const aborting = new AbortController()
    const reason = new Error('the user left')
    const health = (): Promise<Response> => {
      aborting.abort(reason)
      return Promise.reject(new Error('this operation was aborted'))
    }
    await expect(probed({ '/health': health }, aborting.signal)).rejects.toBe(reason)
  })
})
