/** vLLM as it really is: what labos believes of its routes, counters, words and ends, in the order of a lab's life. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import OpenAI from 'openai'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { systemClock } from '../../src/adapters/system-clock.js'
import { vllm } from '../../src/engines/vllm.js'
import { continuedFunction, oneLineFunction } from '../../src/plan/models/canary.js'
import { canary } from '../../src/serve/canary.js'
import { tokenCounters, type TokenCounters } from '../../src/serve/counters.js'
import { diagnose } from '../../src/serve/diagnose.js'
import { measuredUse } from '../../src/serve/drift.js'
import { get } from '../../src/serve/health.js'
import { probe } from '../../src/serve/probe.js'
import { noPhases, withPhaseLine } from '../../src/serve/remote/phases.js'
import { CONTEXT_TOKENS, MODEL, MODEL_REPO } from './config.js'
import { type RunningEngine, startEngine } from './engine.js'
import { installation } from './installation.js'
import { gatewayOf, type Lab } from './served.js'

let engine: RunningEngine
let lab: Lab
const ANSWER = ' def add_two_numbers(num1, num2): return num1 + num2'
const ports = { fetch: globalThis.fetch, clock: systemClock }
const soon = (): AbortSignal => AbortSignal.timeout(60_000)

beforeAll(async () => {
  engine = await startEngine(installation())
  await engine.serves()
  lab = await gatewayOf(engine)
})

afterAll(async () => {
  engine.kill()
  await lab.gateway.close()
})

const openai = (): OpenAI => new OpenAI({ baseURL: lab.endpoint.baseUrl, apiKey: lab.endpoint.key, maxRetries: 0 })
const ask = (path: string, key?: string): ReturnType<typeof get> =>
  get({ dial: engine.dial, path, timeoutMs: 10_000, ...(key === undefined ? {} : { key }) }, systemClock)

async function metrics(): Promise<string> {
  const answer = await ask('/metrics')
  return answer?.body ?? ''
}

async function counted(): Promise<TokenCounters> {
  const counters = tokenCounters(vllm.metrics, await metrics())
  if (!counters) throw new Error('no counters in /metrics')
  return counters
}

async function running(): Promise<number> {
  const line = new RegExp(`^${vllm.metrics?.running ?? ''}\\{.*\\} (\\S+)$`, 'm').exec(await metrics())
  return Number(line?.[1])
}

describe('before anybody asks it anything', () => {
  it("was installed by the machine's own scripts, from the index and the hub", () => {
    const said = readFileSync(join(installation().home, 'phases.ndjson'), 'utf8').trimEnd().split('\n')
    const { phases } = said.reduce(withPhaseLine, noPhases)
    expect(phases).toMatchObject([
      { name: 'engine', state: 'done', text: 'vLLM 0.32.0' },
      { name: 'weights', state: 'done', text: MODEL_REPO },
    ])
  })

  it.each(['/health', '/metrics', '/version', '/load', '/ping'])('answers GET %s without a key', async (path) => {
    expect((await ask(path))?.status).toBe(200)
  })

  it('wants its key for the API, and names every name that the plan gave it', async () => {
    expect(await ask('/v1/models')).toMatchObject({ status: 401 })
    expect(await ask('/v1/models', 'sk-wrong')).toMatchObject({ status: 401 })
    const { body = '' } = (await ask('/v1/models', engine.key)) ?? {}
    const { data } = JSON.parse(body) as { data: { id: string; max_model_len: number }[] }
    expect(data.map(({ id }) => id)).toEqual(expect.arrayContaining([MODEL, 'deepseek-coder-v2:lite', MODEL_REPO]))
    expect(new Set(data.map((entry) => entry.max_model_len))).toEqual(new Set([CONTEXT_TOKENS]))
  })

  it('has said in its log what the plan is compared with', () => {
    const { kvTokens, contextTokens } = measuredUse(engine.lines())
    expect(contextTokens).toBe(CONTEXT_TOKENS)
    // A GiB, at 576 numbers of two bytes for each token in each of two layers, in whole blocks.
    expect(Math.abs((kvTokens ?? 0) / (2 ** 30 / (576 * 2 * 2)) - 1)).toBeLessThan(0.001)
    const log = engine.lines().join('\n')
    expect(log).toContain('Resolved architecture: DeepseekV2ForCausalLM')
    expect(log).toMatch(/Loading safetensors checkpoint shards: 100% Completed \| 2\/2/)
    expect(diagnose(vllm.logRules, engine.lines())).toBeUndefined()
  })

  it('has counters that looks at its health do not move', async () => {
    const before = await counted()
    for (let look = 0; look < 5; look += 1) expect(await engine.health()).toBe(200)
    expect(await counted()).toEqual(before)
  })
})

describe('through the gateway', () => {
  it('serves, and passes both canaries', async () => {
    expect(await probe(lab.endpoint, ports, soon())).toEqual({ state: 'ready' })
    expect(await canary(lab.endpoint, oneLineFunction, ports, soon())).toMatchObject({ ok: true, text: ANSWER })
    const base = { ...lab.endpoint, asks: 'completion' as const }
    expect(await canary(base, continuedFunction, ports, soon())).toMatchObject({ ok: true, text: ' a + b' })
  })

  it('fills in the middle where the engine itself refuses `suffix`', async () => {
    const wish = { model: MODEL, prompt: 'def add(a, b):\n', suffix: '\n\nprint(add(1, 2))', max_tokens: 32 }
    const { choices } = await openai().completions.create(wish)
    expect(choices[0]).toMatchObject({ text: '    return a + b', finish_reason: 'stop' })
    const direct = new OpenAI({
      baseURL: `http://127.0.0.1:${String(engine.port)}/v1`,
      apiKey: engine.key,
      maxRetries: 0,
    })
    await expect(direct.completions.create(wish)).rejects.toMatchObject({ status: 400, param: 'suffix' })
  })

  it('streams a chat, with its usage at the end, and counts its tokens', async () => {
    const before = await counted()
    const stream = await openai().chat.completions.create({
      model: MODEL,
      messages: [{ role: 'user', content: oneLineFunction.prompt }],
      stream: true,
      stream_options: { include_usage: true },
    })
    let text = ''
    let usage = { prompt_tokens: 0, completion_tokens: 0 }
    for await (const chunk of stream) {
      text += chunk.choices[0]?.delta.content ?? ''
      usage = chunk.usage ?? usage
    }
    expect(text).toBe(ANSWER)
    const after = await counted()
    expect(after.generated - before.generated).toBe(usage.completion_tokens)
    expect(after.prompt - before.prompt).toBe(usage.prompt_tokens)
  })

  it('ends in the engine too when the client goes away', async () => {
    const before = await counted()
    const stream = await openai().completions.create({ model: MODEL, prompt: 'Once', max_tokens: 2000, stream: true })
    for await (const chunk of stream) {
      expect(chunk.choices[0]?.text).toBe(' The')
      await expect.poll(running, { timeout: 20_000 }).toBe(1)
      break // the client hangs up
    }
    await expect.poll(running, { timeout: 20_000 }).toBe(0)
    expect((await counted()).generated - before.generated).toBeLessThan(2000)
  })

  it.each([
    ['a request that is too long', { max_tokens: 4000 }, 400],
    [
      'tools, which the model was not made for',
      { tool_choice: 'auto', tools: [{ type: 'function', function: { name: 'f' } }] },
      400,
    ],
  ])('is told of %s in the words of OpenAI', async (_, more, status) => {
    const body = { model: MODEL, messages: [{ role: 'user', content: 'Hi' }], ...more }
    const asked = openai().post('/chat/completions', { body })
    await expect(asked).rejects.toMatchObject({ status, error: { message: expect.stringMatching(/\S/) as unknown } })
  })
})

describe('when its worker is killed in the middle of an answer', () => {
  it('breaks the answer off, refuses, and ends by itself with status 0', async () => {
    const stream = await openai().completions.create({ model: MODEL, prompt: 'Once', max_tokens: 2000, stream: true })
    const read = async (): Promise<number> => {
      let chunks = 0
      for await (const { choices } of stream) {
        chunks += choices.length
        if (chunks === 1) process.kill(engine.process('VLLM::Worker'), 'SIGKILL')
      }
      return chunks
    }
    await expect(read()).rejects.toThrow(/EngineCore encountered an issue/)
    await expect.poll(() => engine.health(), { timeout: 30_000 }).toBe('refused')
    // Not a failure in systemd's eyes: its unit has to be started again whatever the status.
    expect(await engine.exit).toEqual({ code: 0, signal: null })
  })

  it('has said so, and what is read from it', () => {
    expect(diagnose(vllm.logRules, engine.lines())).toMatchObject({ cause: 'worker-died' })
    expect(engine.lines().join('\n')).toContain('Worker proc VllmWorker-0 died unexpectedly')
  })
})
