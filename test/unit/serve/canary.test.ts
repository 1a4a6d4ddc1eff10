import { describe, expect, it } from 'vitest'
import { catalog } from '../../../src/plan/catalog.js'
import type { Fetch } from '../../../src/ports.js'
import { canary } from '../../../src/serve/canary.js'
import { fakeClock } from '../../fakes/clock.js'

const endpoint = { baseUrl: 'http://127.0.0.1:8100/v1', key: 'sk-lab', model: 'coder' }
const question = { prompt: 'Say four.', expect: '\\b4\\b|four' }
const calm = new AbortController().signal

const said = (content: string, tokens = 10): Response =>
  new Response(JSON.stringify({ choices: [{ message: { content } }], usage: { completion_tokens: tokens } }))

const answering =
  (response: Response): Fetch =>
  () =>
    Promise.resolve(response)

describe('canary', () => {
  it('asks once, greedily, with the key', async () => {
    const asked: Request[] = []
    const fetch: Fetch = (input, init) => {
      asked.push(new Request(input, init))
      return Promise.resolve(said('four'))
    }
    await canary(endpoint, question, { fetch, clock: fakeClock() }, calm)
    const [request, ...more] = asked
    expect(more).toEqual([])
    expect(request?.url).toBe('http://127.0.0.1:8100/v1/chat/completions')
    expect(request?.headers.get('authorization')).toBe('Bearer sk-lab')
    expect(await request?.json()).toEqual({
      model: 'coder',
      messages: [{ role: 'user', content: 'Say four.' }],
      max_tokens: 32,
      temperature: 0,
    })
  })

  it.each([
    ['It is 4.', true],
    ['four', true],
    ['Four', false],
    ['44', false],
    ['', false],
    ['\uFFFD\uFFFD\uFFFD', false],
  ])('judges %j: %s', async (text, ok) => {
    const result = await canary(endpoint, question, { fetch: answering(said(text)), clock: fakeClock() }, calm)
    expect(result).toEqual({ ok, text })
  })

  it('tells how fast the answer came', async () => {
    const clock = fakeClock()
    const fetch: Fetch = async () => {
      await clock.sleep(2000)
      return said('four', 30)
    }
    const asking = canary(endpoint, question, { fetch, clock }, calm)
    await clock.advance(2000)
    expect(await asking).toEqual({ ok: true, text: 'four', tokensPerSecond: 15 })
  })

  it.each([
    ['an error', new Response('{"error":{"message":"no"}}', { status: 500 }), 'HTTP 500'],
    ['a page', new Response('<html>'), 'HTTP 200'],
    ['an answer without content', new Response('{"choices":[{"message":{}}],"usage":{}}'), 'HTTP 200'],
  ])('is not passed by %s', async (_what, response, text) => {
    const result = await canary(endpoint, question, { fetch: answering(response), clock: fakeClock() }, calm)
    expect(result).toEqual({ ok: false, text })
  })

  it('is not passed by an answer without a choice', async () => {
    const response = new Response('{"choices":[],"usage":{"completion_tokens":0}}')
    expect(await canary(endpoint, question, { fetch: answering(response), clock: fakeClock() }, calm)).toEqual({
      ok: false,
      text: '',
    })
  })

  it('rejects when the endpoint cannot be reached', async () => {
    const fetch: Fetch = () => Promise.reject(new TypeError('fetch failed'))
    await expect(canary(endpoint, question, { fetch, clock: fakeClock() }, calm)).rejects.toThrow('fetch failed')
  })
})

describe('the catalogue’s canaries', () => {
  const code = 'Sure!\n```python\ndef add(a, b): return a + b\n```'
  it.each(catalog.map((model) => ({ id: model.id, canary: model.canary })))(
    'of $id passes code and fails garbage',
    async ({ canary: asked }) => {
      const judge = async (text: string): Promise<boolean> =>
        (await canary(endpoint, asked, { fetch: answering(said(text)), clock: fakeClock() }, calm)).ok
      expect([await judge(code), await judge('add = lambda a, b: a + b')]).toEqual([true, true])
      expect([await judge('!!!!!!!!!!!!'), await judge('the the the the')]).toEqual([false, false])
    },
  )
})
