import type { ServerResponse } from 'node:http'
import { describe, expect, it } from 'vitest'
import { areWeightsReady, fetchWeights } from '../../../src/bootstrap/fetch-weights.js'
import type { Clock } from '../../../src/ports.js'
import { bootstrapBench, hurriedClock, passTime, type BootstrapBench } from '../../fakes/bootstrap.js'
import { fakeClock } from '../../fakes/clock.js'
import { deadAddress, serve } from '../../fakes/http-server.js'

const source = { kind: 'ollama', tag: 'smollm2:135m', bytes: 270_000_000 } as const

interface Ollama {
  readonly has?: readonly string[]
  /** What `pull` answers, line by line; a function does it by itself. */
  readonly pull?: readonly object[] | ((response: ServerResponse) => void)
}

async function ollama({ has = [], pull = [] }: Ollama): Promise<{ address: string; pulled: unknown[] }> {
  const pulled: unknown[] = []
  const address = await serve((request, response) => {
    if (request.url === '/api/tags') return void response.end(JSON.stringify({ models: has.map((name) => ({ name })) }))
    request.on('data', (body: Buffer) => pulled.push(JSON.parse(body.toString())))
    request.on('end', () => {
      if (typeof pull === 'function') pull(response)
      else response.end(pull.map((line) => `${JSON.stringify(line)}\n`).join(''))
    })
  })
  return { address, pulled }
}

interface Told extends BootstrapBench {
  readonly result: unknown
}

async function fetchFrom(address: string, clock: Clock = hurriedClock(), signal?: AbortSignal): Promise<Told> {
  const bench = bootstrapBench({ fetch: globalThis.fetch, clock, env: { OLLAMA_HOST: address } })
  const until = signal ?? new AbortController().signal
  const result: unknown = await fetchWeights(source, { cacheDir: '', engineHome: '' }, bench.deps, until).catch(
    (error: unknown) => error,
  )
  return { ...bench, result }
}

const layers = [
  { status: 'pulling manifest' },
  { status: 'pulling a', digest: 'a', total: 200, completed: 100 },
  { status: 'pulling a', digest: 'a', total: 200, completed: 200 },
  { status: 'pulling b', digest: 'b', total: 50, completed: 50 },
  { status: 'verifying sha256 digest' },
]

describe('weights in Ollama', () => {
  it('of another computer are never asked for', async () => {
    const { result } = await fetchFrom('http://gpu-box:11434')
    expect(result).toMatchObject({ code: 'ollama.unreachable', message: expect.stringContaining('gpu-box') as string })
  })

  it('are pulled, layer by layer', async () => {
    const { address, pulled } = await ollama({ pull: [...layers, { status: 'success' }] })
    const { result, of } = await fetchFrom(address)
    expect(result).toBe('smollm2:135m')
    expect(pulled).toEqual([{ model: 'smollm2:135m', stream: true }])
    expect(of('done')).toMatchObject([
      { step: 'weights', text: expect.stringMatching(/^smollm2:135m, 250 B in /) as string },
    ])
  })

  it('show how far they are over all layers', async () => {
    const clock = fakeClock()
    let send: ((line: object) => void) | undefined
    const { address } = await ollama({
      pull: (response) => {
        send = (line) => void response.write(`${JSON.stringify(line)}\n`)
      },
    })
    const fetching = fetchFrom(address, clock)
    const progress = async (line: object): Promise<void> => {
      await new Promise((resolve) => setTimeout(resolve, 30))
      await clock.advance(500)
      send?.(line)
    }
    while (!send) await new Promise((resolve) => setTimeout(resolve, 5))
    for (const line of layers) await progress(line)
    await progress({ status: 'success' })
    const { of } = await fetching
    expect(of('progress').map(({ doneBytes }) => doneBytes)).toEqual(expect.arrayContaining([100, 200, 250]))
  })

  it('that are there already are not pulled', async () => {
    const { address, pulled } = await ollama({ has: ['other:latest', 'smollm2:135m'] })
    const { result, of } = await fetchFrom(address)
    expect(result).toBe('smollm2:135m')
    expect(pulled).toEqual([])
    expect(of('done')).toMatchObject([{ text: 'smollm2:135m, in Ollama already' }])
  })

  it('are never known to be there without asking', async () => {
    expect(await areWeightsReady(source, '/nowhere')).toBe(false)
  })
})

describe('trouble with Ollama', () => {
  it('that does not run is ollama.unreachable', async () => {
    const dead = await deadAddress()
    const { result } = await fetchFrom(dead)
    expect(result).toMatchObject({
      code: 'ollama.unreachable',
      message: `Ollama does not answer at ${dead}: the connection was refused.`,
    })
  })

  it('that is something else is ollama.unreachable', async () => {
    const address = await serve((_, response) => response.writeHead(404).end('<html>'))
    expect((await fetchFrom(address)).result).toMatchObject({
      code: 'ollama.unreachable',
      message: expect.stringContaining('is not Ollama (HTTP 404)') as string,
    })
  })

  it.each([
    [
      'it says why',
      [...layers.slice(0, 2), { error: 'pull model manifest: file does not exist' }],
      'pull model manifest: file does not exist',
    ],
    ['it ends early', layers, 'it ended without saying that it is done (HTTP 200)'],
    ['it says nothing', [], 'it ended without saying that it is done (HTTP 200)'],
    ['it talks nonsense', ['no object'], 'it said "\\"no object\\""'],
  ] as [string, object[], string][])('when a pull fails: %s', async (_, pull, why) => {
    const { address } = await ollama({ pull })
    const { result, of } = await fetchFrom(address)
    expect(result).toMatchObject({
      code: 'network.download',
      message: `Ollama could not pull smollm2:135m: ${why}.`,
    })
    expect(of('failed')).toHaveLength(1)
  })

  it('when the connection breaks', async () => {
    const { address } = await ollama({
      pull: (response) => response.write('{"status":"x"}\n', () => response.destroy()),
    })
    expect((await fetchFrom(address)).result).toMatchObject({
      code: 'network.download',
      message: 'Ollama could not pull smollm2:135m: the connection broke.',
    })
  })

  it('when it says nothing for five minutes', async () => {
    const clock = fakeClock()
    const { address, pulled } = await ollama({
      pull: (response) => response.write('{"status":"pulling manifest"}\n'),
    })
    const fetching = fetchFrom(address, clock)
    while (pulled.length === 0) await new Promise((resolve) => setTimeout(resolve, 5))
    const { result } = await passTime(clock, 50_000, fetching)
    expect(result).toMatchObject({
      code: 'network.download',
      message: expect.stringContaining('it said nothing for 5 m 00 s') as string,
    })
  })

  it('an abort passes through', async () => {
    const stop = new AbortController()
    const { address } = await ollama({ pull: () => stop.abort(new Error('enough')) })
    const { result, of } = await fetchFrom(address, fakeClock(), stop.signal)
    expect(result).toMatchObject({ message: 'enough' })
    expect(of('failed')).toEqual([])
  })
})
