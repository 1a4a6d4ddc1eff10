/**
 * `labos up deepseek-coder-v2`, all of it: from nothing to an endpoint on a machine that is rented, and back to nothing. No part
 * is a stand-in but the GPU and the size of the weights.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import OpenAI from 'openai'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Ended, Subject } from '../crash/subject.js'
import { runs } from '../fakes/cli.js'
import type { Guest } from '../hosts/guest.js'
import { hostsUnavailable } from '../hosts/suite.js'
import { labSuite } from './lab.js'

const UP_MS = 400_000
const WITHIN_MS = 60_000
const NAME = 'deepseek-coder-v2'
const ANSWER = 'def add_two_numbers(num1, num2): return num1 + num2'

const { region, cloud, labos } = labSuite()
let lab: Subject
let up: Ended
let guest: Guest

interface Status {
  readonly state: string
  readonly endpoint: string
  /** Absent while its keeper does not answer in time. */
  readonly path?: { readonly state: string }
  readonly lease: { readonly armed: boolean; readonly endsBy: string; readonly idleMs: number }
  readonly machine: { readonly id: string; readonly address: string }
  readonly pids: { readonly keeper: number }
  readonly usdSoFar: number
}

const json = async <T>(...args: readonly string[]): Promise<T> =>
  JSON.parse((await lab.run(...args, '--json')).stdout) as T
const status = (): Promise<Status> => json<Status>('status')

const client = async (): Promise<OpenAI> => {
  const key = readFileSync(join(lab.home, 'labs', NAME, 'key'), 'utf8').trim()
  return new OpenAI({ baseURL: (await status()).endpoint, apiKey: key, maxRetries: 0, timeout: WITHIN_MS })
}

async function until(what: string, look: () => Promise<boolean>): Promise<void> {
  for (let waitedMs = 0; waitedMs < WITHIN_MS; waitedMs += 200) {
    if (await look()) return
    await sleep(200)
  }
  throw new Error(`not within ${String(WITHIN_MS)} ms: ${what}`)
}

beforeAll(async () => {
  if (hostsUnavailable() !== undefined) return
  lab = labos()
  up = await lab.start(['up', NAME, '--yes', '--json'], UP_MS).ended
  if (up.exitCode === 0) guest = await region().guest((await status()).machine.id)
}, UP_MS)

describe('labos up deepseek-coder-v2', () => {
  it('ends with an endpoint that answers, and has said how it came to that', () => {
    expect(up.stderr).toBe('')
    const events = up.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { type: string; step?: string })
    expect(events.at(-1)).toMatchObject({
      type: 'result',
      result: {
        outcome: 'up',
        lab: { name: NAME, state: 'serving' },
        proof: { canaryText: expect.stringContaining(ANSWER) as string },
      },
    })
    const done = events.filter(({ type }) => type === 'done').map(({ step }) => step)
    expect(new Set(done)).toEqual(
      new Set(['facts', 'machine', 'boot', 'endpoint', 'driver', 'engine', 'weights', 'serving']),
    )
    expect(events.some(({ type, step }) => type === 'progress' && step === 'engine')).toBe(true)
  })

  it('has told nobody a secret: not EC2, not the stack, not the process list', async () => {
    const key = (await guest.exec('cat /var/lib/labos/key')).stdout.trim()
    const privateKey = readFileSync(join(lab.home, 'labs', NAME, 'id_ed25519'), 'utf8').split('\n')[3] ?? ''
    expect(key).toMatch(/^sk-/)
    const sent = JSON.stringify(cloud().journal)
    const argv = (await guest.exec('cat /proc/[0-9]*/cmdline | tr "\\0" " "')).stdout
    for (const secret of [key, privateKey]) {
      expect(secret.length).toBeGreaterThan(20)
      expect(sent).not.toContain(secret)
      expect(Buffer.from(sent.replaceAll('"', ''), 'base64').toString('latin1')).not.toContain(secret)
      expect(argv).not.toContain(secret)
    }
    expect((await guest.exec('stat -c "%a %U" /var/lib/labos/key /var/lib/labos/engine.env')).stdout).toBe(
      '600 root\n600 root\n',
    )
  })

  it('has the machine show a host key that never left it', async () => {
    const record = JSON.parse(readFileSync(join(lab.home, 'labs', NAME, 'lab.json'), 'utf8')) as {
      ssh: { hostKeys: string[] }
    }
    const { stdout } = await guest.exec('cat /etc/ssh/ssh_host_ed25519_key.pub')
    expect(record.ssh.hostKeys).toEqual([stdout.trim().split(' ').slice(0, 2).join(' ')])
    expect(JSON.stringify(cloud().journal)).not.toContain(record.ssh.hostKeys[0]?.split(' ')[1])
  })

  it('is there already, the second time', async () => {
    const again = await lab.run('up', NAME, '--yes', '--json')
    expect(again.exitCode).toBe(0)
    expect(JSON.parse(again.stdout.trim().split('\n').at(-1) ?? '')).toMatchObject({
      result: { outcome: 'already-up' },
    })
    expect(cloud().journal.filter(({ action }) => action === 'RunInstances')).toHaveLength(1)
  })
})

describe('the endpoint', () => {
  it('answers a chat and fills in a middle, for OpenAI’s client and for the command line', async () => {
    const openai = await client()
    const chat = await openai.chat.completions.create({
      model: NAME,
      temperature: 0,
      messages: [{ role: 'user', content: 'Write a one-line Python function that adds two numbers.' }],
    })
    expect(chat.choices[0]?.message.content).toContain(ANSWER)
    const middle = await openai.completions.create({
      model: NAME,
      prompt: 'def add(a, b):\n',
      suffix: '\n',
      max_tokens: 16,
    })
    expect(middle.choices[0]?.text).toBe('    return a + b')
    const { stdout } = await lab.run('chat', 'Add two numbers.')
    expect(stdout).toContain(ANSWER)
  })

  it('says how the lab is: its lease is armed on the machine, its cost is counted', async () => {
    await expect.poll(status, { timeout: 60_000, interval: 200 }).toMatchObject({
      state: 'serving',
      path: { state: 'connected' },
      lease: { armed: true, endsBy: 'idle', idleMs: 1_800_000 },
      usdSoFar: expect.any(Number) as number,
    })
  })

  it('is the same after a network that was away under an open stream', async () => {
    const openai = await client()
    // Without its end of text the model goes on until it may not.
    const body = { model: NAME, prompt: 'Lorem', max_tokens: 1500, stream: true as const, ignore_eos: true }
    const stream = await openai.completions.create(body)
    const read = (async () => {
      for await (const piece of stream) if (piece.choices.length > 0) await guest.cut()
    })()
    await expect(read).rejects.toThrow()
    await until('it says that the path is away', async () => (await status()).path?.state === 'away')
    await expect(openai.models.list()).rejects.toMatchObject({ status: 503 })
    await guest.restore()
    await until('it answers again', () =>
      openai.models.list().then(
        () => true,
        () => false,
      ),
    )
    await until('it serves', async () => (await status()).state === 'serving')
  }, 180_000)

  it('outlives a laptop that was asleep', async () => {
    const { keeper } = (await status()).pids
    process.kill(keeper, 'SIGSTOP')
    await sleep(3000)
    process.kill(keeper, 'SIGCONT')
    const { stdout, exitCode } = await lab.run('chat', 'Add two numbers.')
    expect({ stdout, exitCode }).toEqual({ stdout: expect.stringContaining(ANSWER) as string, exitCode: 0 })
  })
})

describe('labos down', () => {
  it('leaves nothing, in the cloud or here', async () => {
    const { keeper } = (await status()).pids
    expect(await lab.run('down')).toMatchObject({ exitCode: 0 })
    expect(await cloud().leftovers()).toEqual([])
    expect(guest.state).toBe('off')
    expect(runs(keeper)).toBe(false)
    expect((await lab.run('ps')).stdout).toContain('No labs')
  })
})
