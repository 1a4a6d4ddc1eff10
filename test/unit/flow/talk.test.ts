import { describe, expect, it } from 'vitest'
import type { EndpointAccess } from '../../../src/flow/endpoint-access.js'
import { talk, type Answer } from '../../../src/flow/talk.js'
import type { Fetch } from '../../../src/ports.js'
import type { LabosEvent } from '../../../src/ui/events.js'
import { fakeClock } from '../../fakes/clock.js'

const never = new AbortController().signal
const lab: EndpointAccess = {
  name: 'one',
  baseUrl: 'http://127.0.0.1:8484/v1',
  key: 'sk-labos-x',
  model: 'smollm2',
  modelId: 'smollm2',
  contextTokens: 8192,
  fim: null,
  nativeSuffix: false,
  reopen: 'labos up smollm2 --name one',
}

const event = (data: object): string => `data: ${JSON.stringify(data)}\n\n`
const delta = (content: string | null, finish_reason: string | null = null): string =>
  event({ choices: [{ delta: { content }, finish_reason }] })
const DONE = 'data: [DONE]\n\n'

/** A body that gives these pieces, then ends, or breaks off with `broken`. */
function body(pieces: readonly (string | Uint8Array)[], broken?: Error): ReadableStream<Uint8Array> {
  const left = pieces.map((piece) => (typeof piece === 'string' ? new TextEncoder().encode(piece) : piece))
  return new ReadableStream({
    pull: (controller) => {
      const next = left.shift()
      if (next) controller.enqueue(next)
      else if (broken) controller.error(broken)
      else controller.close()
    },
  })
}

const says =
  (...pieces: (string | Uint8Array)[]): Fetch =>
  () =>
    Promise.resolve(new Response(body(pieces)))

async function ask(fetch: Fetch, signal = never): Promise<{ answer: Answer; pieces: string[] }> {
  const pieces: string[] = []
  const wish = {
    path: '/chat/completions' as const,
    body: { messages: [] },
    onText: (text: string) => pieces.push(text),
  }
  return { answer: await talk(lab, wish, { fetch, clock: fakeClock(), emit: () => undefined }, signal), pieces }
}

describe('a question', () => {
  it('goes to the endpoint with the key, streamed, with what the caller gives', async () => {
    const asked: { url: unknown; init: RequestInit | undefined }[] = []
    await ask(async (url, init) => {
      asked.push({ url, init })
      return new Response(body([DONE]))
    })
    expect(asked).toMatchObject([
      {
        url: 'http://127.0.0.1:8484/v1/chat/completions',
        init: {
          method: 'POST',
          headers: { 'content-type': 'application/json', authorization: 'Bearer sk-labos-x' },
        },
      },
    ])
    expect(JSON.parse(asked[0]?.init?.body as string)).toEqual({
      model: 'smollm2',
      stream: true,
      stream_options: { include_usage: true },
      messages: [],
    })
  })
})

describe('an answer', () => {
  it('comes piece by piece, with why it ended and what it used', async () => {
    const usage = event({ choices: [], usage: { prompt_tokens: 3, completion_tokens: 2 } })
    const { answer, pieces } = await ask(says(delta(null), delta('Hel'), delta('lo'), delta('', 'stop'), usage, DONE))
    expect(pieces).toEqual(['Hel', 'lo'])
    expect(answer).toEqual({
      text: 'Hello',
      finishReason: 'stop',
      usage: { promptTokens: 3, completionTokens: 2 },
      firstTokenMs: 0,
      elapsedMs: 0,
    })
  })

  it('of a completion is in `text`', async () => {
    const { answer } = await ask(says(event({ choices: [{ text: 'return a' }] }), DONE))
    expect(answer.text).toBe('return a')
  })

  it('may be cut anywhere, also in the middle of a character', async () => {
    const bytes = new TextEncoder().encode(`${delta('Größe 🎉')}${DONE}`)
    const single = Array.from(bytes, (_, index) => bytes.subarray(index, index + 1))
    expect((await ask(says(...single))).answer.text).toBe('Größe 🎉')
  })

  it('skips comments, events of other shapes and what comes with no text', async () => {
    const { answer, pieces } = await ask(says(': wait\n\n', event({ hello: 1 }), event({ choices: 'x' }), delta('a')))
    expect([answer.text, pieces, answer.usage]).toEqual(['a', ['a'], undefined])
  })

  it('is timed from the question to its first piece and its end', async () => {
    const clock = fakeClock()
    const pieces = [': wait\n\n', delta('a'), delta('b'), DONE].map((text) => new TextEncoder().encode(text))
    const slow = new ReadableStream<Uint8Array>(
      {
        pull: async (controller) => {
          await clock.sleep(100)
          const next = pieces.shift()
          if (next) controller.enqueue(next)
          else controller.close()
        },
      },
      { highWaterMark: 0 },
    )
    const wish = { path: '/completions' as const, body: {}, onText: () => undefined }
    const talking = talk(lab, wish, { fetch: async () => new Response(slow), clock, emit: () => undefined }, never)
    await clock.advance(1000)
    expect(await talking).toMatchObject({ firstTokenMs: 200, elapsedMs: 500 })
  })
})

describe('an endpoint that does not serve the question', () => {
  it('but is silent is waited for, and that is said after five seconds', async () => {
    const [clock, said] = [fakeClock(), [] as LabosEvent[]]
    let answer: (response: Response) => void = () => undefined
    const fetch = (): Promise<Response> => new Promise((resolve) => (answer = resolve))
    const wish = { path: '/completions' as const, body: {}, onText: () => undefined }
    const talking = talk(lab, wish, { fetch, clock, emit: (event) => said.push(event) }, never)
    await clock.advance(4999)
    expect(said).toEqual([])
    await clock.advance(60_000)
    expect(said).toEqual([{ type: 'note', text: 'no answer from http://127.0.0.1:8484/v1 yet; waiting, until Ctrl-C' }])
    answer(new Response(delta('here')))
    expect((await talking).text).toBe('here')
  })

  it.each([
    ['{"error":{"message":"no such model"}}', 'The endpoint refused: no such model'],
    ['{"detail":"odd"}', 'The endpoint refused: HTTP 404'],
    ['<html>', 'The endpoint refused: HTTP 404'],
  ])('with the body %s is quoted', async (text, message) => {
    await expect(ask(async () => new Response(text, { status: 404 }))).rejects.toMatchObject({
      code: 'endpoint.refused',
      exit: 8,
      message,
    })
  })

  it('that says so in the middle of its answer is quoted too', async () => {
    const failing = says(delta('a'), event({ error: { message: 'the engine ended' } }), delta('b'))
    await expect(ask(failing)).rejects.toMatchObject({
      code: 'endpoint.refused',
      message: 'The endpoint refused: the engine ended',
    })
  })

  it('where nobody listens is unreachable, with how to bring it up', async () => {
    await expect(ask(() => Promise.reject(new TypeError('fetch failed')))).rejects.toMatchObject({
      code: 'endpoint.unreachable',
      message: 'http://127.0.0.1:8484/v1 does not answer: nobody listens there.',
      suggestions: [
        expect.stringContaining('labos status one'),
        expect.stringContaining('labos up smollm2 --name one'),
      ],
    })
  })

  it.each([
    ['breaks off', async () => new Response(body([delta('a')], new Error('reset')))],
    ['sends what is no JSON', says('data: {"choices\n\n')],
  ] as const)('and %s is unreachable', async (_, fetch) => {
    await expect(ask(fetch)).rejects.toMatchObject({
      code: 'endpoint.unreachable',
      message: expect.stringContaining('the answer broke off') as string,
    })
  })
})

describe('an interruption', () => {
  const stopped = (): AbortSignal => AbortSignal.abort(new Error('Ctrl-C'))

  it('before the answer is itself, not an endpoint that is away', async () => {
    await expect(ask(() => Promise.reject(new Error('aborted')), stopped())).rejects.toThrow('Ctrl-C')
  })

  it('in the middle of the answer is itself too', async () => {
    const cut = async (): Promise<Response> => new Response(body([delta('a')], new Error('aborted')))
    await expect(ask(cut, stopped())).rejects.toThrow('Ctrl-C')
  })
})
