/** The built CLI with the real engine and the real model. */
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { join } from 'node:path'
import OpenAI from 'openai'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { cli, eventually, runs } from '../fakes/cli.js'

const labos = cli()
const lab = { port: 0, key: '' }

interface UpResult {
  type: 'result'
  result: {
    outcome: string
    lab: { endpoint: string; state: string }
    proof?: { canaryText: string; firstTokenMs: number }
    keyFile: string
  }
}

beforeAll(async () => {
  const { exitCode, stdout, stderr } = await labos.run([
    'up',
    'smollm2',
    '--provider',
    'local',
    '--yes',
    '--json',
    '--port',
    '0',
  ])
  expect(stderr).toBe('')
  expect(exitCode).toBe(0)
  const events = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { type: string })
  const last = events.at(-1) as UpResult
  expect(events.map(({ type }) => type)).toContain('plan')
  expect(last.result.outcome).toBe('up')
  expect(last.result.proof?.canaryText).toMatch(/def \w+\(/)
  lab.port = Number(new URL(last.result.lab.endpoint).port)
  lab.key = readFileSync(last.result.keyFile, 'utf8').trim()
})

afterAll(() => labos.close())

const client = (key = lab.key): OpenAI =>
  new OpenAI({ baseURL: `http://127.0.0.1:${String(lab.port)}/v1`, apiKey: key, maxRetries: 0 })

describe('a lab that is up', () => {
  it('is listed and described, with what runs', async () => {
    const row = /smollm2 +serving +smollm2 +llama\.cpp +http:\/\/127\.0\.0\.1:\d+\/v1 +\$0\.00\/h/
    await eventually(async () => row.test((await labos.run(['ps'])).stdout))
    const status = JSON.parse((await labos.run(['status', '--json'])).stdout) as {
      state: string
      pids: { keeper: number; engine: number }
    }
    expect(status.state).toBe('serving')
    expect([runs(status.pids.keeper), runs(status.pids.engine)]).toEqual([true, true])
  })

  it('says the same through the fast path and through oclif', async () => {
    // What is busy at one look may be silent at the other.
    await eventually(async () => {
      const [fast, slow] = await Promise.all([labos.run(['ps']), labos.run(['ps', '--quiet'])])
      return slow.stdout === fast.stdout
    })
  })

  it('is left as it is by a second up', async () => {
    const before = labos.keeper('smollm2').pid
    const { exitCode, stdout } = await labos.run(['up', 'smollm2', '--yes'])
    expect([exitCode, labos.keeper('smollm2').pid]).toEqual([0, before])
    expect(stdout).toContain('smollm2 is already up')
  })

  it('is not changed by an up that asks for something else', async () => {
    const { exitCode, stderr } = await labos.run(['up', 'smollm2', '--yes', '--context', '2048'])
    expect(exitCode).toBe(2)
    expect(stderr).toContain('its context is 8192, not 2048')
    expect(stderr).toContain('labos down smollm2')
  })

  it('gives its settings to a shell, and its key to nobody else', async () => {
    const { stdout } = await labos.run(['env'])
    expect(stdout).toBe(
      `export OPENAI_BASE_URL='http://127.0.0.1:${String(lab.port)}/v1'\nexport OPENAI_API_KEY='${lab.key}'\nexport LABOS_MODEL='smollm2'\n`,
    )
    expect(statSync(labos.labFile('smollm2', 'key')).mode & 0o777).toBe(0o600)
    for (const args of [['ps', '--json'], ['status'], ['logs'], ['logs', 'keeper'], ['up', 'smollm2', '--yes']]) {
      const { stdout: out, stderr: err } = await labos.run(args)
      expect(`${out}${err}`).not.toContain(lab.key)
    }
    const engine = labos.keeper('smollm2').engine?.pid ?? 0
    expect(readFileSync(`/proc/${String(engine)}/cmdline`, 'utf8')).not.toMatch(/key/i)
  })

  it('chats and completes, text on stdout and nothing else', async () => {
    const chat = await labos.run([
      'chat',
      'Write a one-line Python function that adds two numbers.',
      '--temperature',
      '0',
      '--max-tokens',
      '24',
    ])
    expect(chat.exitCode).toBe(0)
    expect(chat.stdout).toMatch(/def \w+\(/)
    const piped = await labos.run(['chat', '--max-tokens', '3', '--json'], { stdin: 'Hello' })
    expect(JSON.parse(piped.stdout)).toMatchObject({ finishReason: 'length', usage: { completionTokens: 3 } })
    const file = join(labos.home, 'sum.py')
    writeFileSync(file, 'def add(a, b):\n\n\nprint(add(1, 2))\n')
    const done = await labos.run(['complete', file, '--line', '1', '--max-tokens', '8'])
    expect(done.stdout.length).toBeGreaterThan(1)
    expect(done.stderr).toContain('smollm2 has no fill-in-the-middle')
    expect(readFileSync(file, 'utf8')).toBe('def add(a, b):\n\n\nprint(add(1, 2))\n')
  })

  it('serves the OpenAI client: models, chat, streaming, completions', async () => {
    const models = await client().models.list()
    expect(models.data).toMatchObject([{ id: 'smollm2', max_model_len: 8192 }])
    const messages = [{ role: 'user' as const, content: 'Write a one-line Python function that adds two numbers.' }]
    const whole = await client().chat.completions.create({
      model: 'smollm2',
      messages,
      temperature: 0,
      max_completion_tokens: 20,
    })
    let streamed = ''
    for await (const chunk of await client().chat.completions.create({
      model: 'SmolLM2',
      messages,
      temperature: 0,
      max_completion_tokens: 20,
      stream: true,
    })) {
      streamed += chunk.choices[0]?.delta.content ?? ''
    }
    expect(streamed).toBe(whole.choices[0]?.message.content)
    expect(streamed).toMatch(/def /)
    const text = await client().completions.create({
      model: 'smollm2',
      prompt: 'def add(a, b):',
      max_tokens: 8,
      temperature: 0,
    })
    expect(text.choices[0]?.text).not.toBe('')
  })

  it('refuses what it cannot honour in the shape that clients read', async () => {
    await expect(client().completions.create({ model: 'smollm2', prompt: 'a', suffix: 'b' })).rejects.toMatchObject({
      status: 400,
      param: 'suffix',
      code: 'fim_not_supported',
    })
    await expect(client().completions.create({ model: 'gpt-4', prompt: 'a' })).rejects.toMatchObject({
      status: 404,
      code: 'model_not_found',
    })
    await expect(client('sk-wrong').models.list()).rejects.toMatchObject({ status: 401, code: 'invalid_api_key' })
  })

  it('stops computing when the client goes away', async () => {
    const leave = new AbortController()
    const stream = await client().chat.completions.create(
      {
        model: 'smollm2',
        messages: [{ role: 'user', content: 'Count to one thousand.' }],
        stream: true,
        max_completion_tokens: 4000,
      },
      { signal: leave.signal },
    )
    for await (const chunk of stream) {
      if (chunk.choices[0]?.delta.content) break
    }
    leave.abort()
    await eventually(
      async () =>
        (JSON.parse((await labos.run(['status', '--json'])).stdout) as { activity?: { inFlight: number } }).activity
          ?.inFlight === 0,
    )
  })

  it('follows its log until it is told to stop', async () => {
    const following = labos.start(['logs', '-f', '--tail', '1'])
    let seen = ''
    following.child.stdout?.on('data', (piece: Buffer) => (seen += piece.toString()))
    await eventually(() => seen !== '')
    await client().completions.create({ model: 'smollm2', prompt: 'x', max_tokens: 1 })
    await eventually(() => seen.includes('launch_slot_') || seen.split('\n').length > 3)
    following.child.kill('SIGINT')
    expect((await following.ended).exitCode).toBe(0)
  })
})

describe('an engine that is killed', () => {
  it('is started again on the same port; clients are told to retry', async () => {
    const before = labos.keeper('smollm2').engine?.pid ?? 0
    process.kill(before, 'SIGKILL')
    await eventually(() => !runs(before))
    const away = await fetch(`http://127.0.0.1:${String(lab.port)}/v1/models`, {
      headers: { authorization: `Bearer ${lab.key}` },
    })
    expect(away.status).toBe(503)
    expect(Number(away.headers.get('retry-after'))).toBeGreaterThan(0)
    expect(await away.json()).toMatchObject({ error: { type: 'server_error', code: 'engine_away' } })
    const patient = new OpenAI({ baseURL: `http://127.0.0.1:${String(lab.port)}/v1`, apiKey: lab.key, maxRetries: 8 })
    const answer = await patient.completions.create({ model: 'smollm2', prompt: 'Hello', max_tokens: 2 })
    expect(answer.usage?.completion_tokens).toBe(2)
    await eventually(async () => /restarts +1, last .*SIGKILL/.test((await labos.run(['status'])).stdout))
    expect((await labos.run(['logs', 'keeper'])).stdout).toContain('engine restarting: it ended (SIGKILL)')
  })
})

describe('a keeper that is killed', () => {
  it('takes its engine with it, is seen, and up brings it back on the same port', async () => {
    const { pid, engine } = labos.keeper('smollm2')
    process.kill(pid, 'SIGKILL')
    await eventually(() => !runs(pid) && !runs(engine?.pid ?? 0))
    expect((await labos.run(['ps'])).stdout).toMatch(/smollm2 +lost/)
    const chat = await labos.run(['chat', 'Hi'])
    expect(chat.exitCode).toBe(8)
    expect(chat.stderr).toContain('labos up smollm2')
    expect((await labos.run(['up', 'smollm2', '--yes'])).exitCode).toBe(0)
    expect(labos.keeper('smollm2').port).toBe(lab.port)
  })
})

describe('a lab that ended and is planned anew', () => {
  it('keeps its port', async () => {
    expect((await labos.run(['up', 'smollm2', '--yes', '--name', 'again', '--port', '0'])).exitCode).toBe(0)
    const { pid, port } = labos.keeper('again')
    process.kill(pid, 'SIGKILL')
    await eventually(() => !runs(pid))
    expect((await labos.run(['up', 'smollm2', '--yes', '--name', 'again', '--context', '2048'])).exitCode).toBe(0)
    expect(labos.keeper('again').port).toBe(port)
    expect((await labos.run(['down', 'again'])).exitCode).toBe(0)
  })
})

describe('a keeper that hangs', () => {
  it('is said to be unresponsive, and down still ends everything', async () => {
    const second = await labos.run(['up', 'smollm2', '--yes', '--name', 'hung', '--port', '0'])
    expect(second.exitCode).toBe(0)
    const { pid, engine } = labos.keeper('hung')
    process.kill(pid, 'SIGSTOP')
    expect((await labos.run(['status', 'hung'])).stdout).toMatch(
      /state +unresponsive: its keeper runs but does not answer/,
    )
    expect((await labos.run(['down', 'hung'])).exitCode).toBe(0)
    expect([runs(pid), runs(engine?.pid ?? 0)]).toEqual([false, false])
  })
})

describe('down', () => {
  it('proves that nothing is left, and does not fail when told that it may be gone', async () => {
    const { pid, port, engine } = labos.keeper('smollm2')
    const down = await labos.run(['down'])
    expect(down).toMatchObject({ exitCode: 0, stdout: 'smollm2 is gone. It cost nothing.\n' })
    expect([runs(pid), runs(engine?.pid ?? 0)]).toEqual([false, false])
    expect(existsSync(labos.labFile('smollm2', 'lab.json'))).toBe(false)
    const again: Server = createServer()
    await new Promise<void>((resolve, reject) => again.once('error', reject).listen(port, '127.0.0.1', resolve))
    again.close()
    expect((await labos.run(['down', 'smollm2'])).exitCode).toBe(2)
    expect(await labos.run(['down', 'smollm2', '--ignore-not-found'])).toMatchObject({ exitCode: 0 })
  })
})
