import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { askKeeper } from '../../../src/connect/door.js'
import { labNames, readKeeper, readRentedLab } from '../../../src/state/read.js'
import { removeLab, saveLab } from '../../../src/state/store.js'
import { whileTimePasses } from '../../fakes/context.js'
import { ask, textOf } from '../../fakes/gateway.js'
import { atEnd, endKept, type KeptLab, laboratory, lease, SECONDS, serves } from '../../fakes/kept-lab.js'
import { refusal } from '../../fakes/rented.js'
import type { FakeSsh } from '../../fakes/ssh.js'

afterEach(endKept)

const silence = refusal('machine.unreachable', 'The machine does not answer.')

describe('the keeper of a lab on a machine', () => {
  it('is asked for from the first moment: 503 until the engine serves, and how far it is', async () => {
    const lab = await laboratory()
    lab.host.phase({ phase: 'weights', state: 'running', done: 12.3e9, total: 31.4e9, rate: 96e6 })
    const answer = await lab.request()
    expect([answer.statusCode, answer.headers['retry-after']]).toEqual([503, '5'])
    const message = 'The engine is not serving: downloading the weights: 12.3 GB of 31.4 GB, 96 MB/s, 3 m 19 s left.'
    expect(JSON.parse(await textOf(answer))).toMatchObject({ error: { code: 'engine_away', message } })
    expect(await lab.status()).toMatchObject({
      engine: { state: 'starting', restarts: 0 },
      phases: [{ name: 'weights', done: 12.3e9, total: 31.4e9, rate: 96e6, etaSeconds: 199 }],
      path: { state: 'connected', since: '2026-01-01T00:00:00.000Z' },
    })
    serves(lab)
    await lab.context.clock.advance(1000)
    expect(await textOf(await lab.request())).toBe('{"ok":true}')
    expect(lab.asked.filter((line) => line.startsWith('/v1'))).toEqual(['/v1/completions Bearer sk-engine'])
  })

  it('says all that is known of it', async () => {
    const lab = await laboratory({}, (it) => {
      it.host.journal = ['INFO GPU KV cache size: 120,000 tokens']
      it.host.metrics = 'vllm:prompt_tokens_total{engine="0"} 126.0\nvllm:generation_tokens_total{engine="0"} 71.0\n'
      serves(it)
    })
    const text = 'Room for the KV cache: 120000 tokens, the plan said 300000 tokens (60 % less).'
    await lab.context.clock.advance(5000)
    await textOf(await lab.request())
    expect(await lab.status()).toEqual({
      labId: 'lab-00000000aa',
      engine: { state: 'serving', restarts: 0 },
      activity: { inFlight: 0, requests: 1 },
      tokens: { prompt: 126, generated: 71 },
      lease: {
        text: 'idle 12 m of 30 m, ends 00:18 UTC unless it is asked something',
        ...{ armed: true, warn: false, endsAt: '2026-01-01T00:18:00.000Z', endsBy: 'idle' },
        ...{ idleForMs: 725_000, idleMs: 1_800_000 },
      },
      contextTokens: 65_536,
      phases: [{ name: 'serve', state: 'done', text: 'the engine answers' }],
      path: { state: 'connected', since: '2026-01-01T00:00:00.000Z' },
      notes: [{ about: 'drift', text }],
      drift: [{ what: 'kv-cache', planned: 300_000, measured: 120_000, share: -0.6 }],
    })
    expect(lab.said).toEqual(['path connected', 'engine serving', text])
  })

  it('looks at the lease when it is asked to: somebody moved the deadline', async () => {
    const lab = await laboratory({}, serves)
    await lab.context.clock.advance(5000)
    lab.host.lease = JSON.stringify({ ...lease, idle_limit: null, deadline: SECONDS + 7200, ends: SECONDS + 7200 })
    const question = { port: lab.port, key: lab.key, method: 'POST' as const, path: '/labos/look', timeoutMs: 5000 }
    expect(await askKeeper(question)).toEqual({ looked: true })
    expect((await lab.status()).lease.endsAt).toBe('2026-01-01T02:00:00.000Z')
  })

  it('answers at once while the path is away, and takes it up again with the first good try', async () => {
    const lab = await laboratory({}, serves)
    await lab.context.clock.advance(1000)
    lab.ssh.down = silence
    lab.ssh.last?.cut('the connection was cut')
    await lab.context.clock.advance(0)
    // Time stands still here: whoever waited for the machine would wait for ever.
    expect(await lab.status()).toMatchObject({
      engine: { state: 'unreachable', detail: 'The machine does not answer.' },
      path: { state: 'away' },
      lease: { armed: true },
    })
    expect((await lab.request()).statusCode).toBe(503)
    lab.ssh.down = undefined
    await lab.context.clock.advance(2000)
    expect((await lab.request()).statusCode).toBe(200)
    expect((await lab.status()).engine.state).toBe('serving')
  })

  it('has failed for good where the machine shows another key', async () => {
    const lab = await laboratory({}, ({ ssh }) => {
      ssh.down = refusal('ssh.hostkey', 'The machine shows a host key that is not its own.')
    })
    expect(await lab.status()).toMatchObject({
      engine: { state: 'failed', cause: 'ssh.hostkey' },
      path: { state: 'failed', code: 'ssh.hostkey' },
    })
  })

  it('refuses a port that is taken before it connects to anything', async () => {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    atEnd(() => new Promise((resolve) => server.close(() => resolve())))
    const { port } = server.address() as AddressInfo
    let seen: FakeSsh | undefined
    await expect(laboratory({ port }, ({ ssh }) => void (seen = ssh))).rejects.toMatchObject({ code: 'port.taken' })
    expect(seen?.tries).toEqual([])
  })
})

describe('a machine for a `labos run`', () => {
  const told = ({ host }: KeptLab, word: string): string[] =>
    host.ran.filter((line) => line.endsWith(`lease.sh ${word}`))
  const forRun = JSON.stringify({ ...lease, unheard_limit: 900 })

  it('hears all the time that its keeper is there', async () => {
    const lab = await laboratory({ runner: { pid: 1, startTime: 't1', owner: 'ada@lab' } }, ({ host }) => {
      host.lease = forRun
    })
    const before = told(lab, 'heard').length
    expect(before).toBeGreaterThan(0)
    await lab.context.clock.advance(60_000)
    expect(told(lab, 'heard').length - before).toBeGreaterThanOrEqual(3)
    expect(told(lab, 'free')).toEqual([])
  })

  it('whose run is gone hears nothing more, where it cannot be told to end', async () => {
    const lab = await laboratory({ runner: { pid: 9, startTime: 't9', owner: 'ada@lab' } }, ({ host }) => {
      host.lease = forRun
      host.endExit = 1
    })
    await lab.context.clock.advance(60_000)
    expect(told(lab, 'end').length).toBeGreaterThan(1)
    expect([told(lab, 'heard'), told(lab, 'free')]).toEqual([[], []])
  })

  it('that is taken over while its keeper could not reach it is kept, by that keeper', async () => {
    const runner = { pid: 9, startTime: 't9', owner: 'ada@lab' }
    const lab = await laboratory({ runner }, ({ host, ssh }) => {
      host.lease = forRun
      ssh.down = silence
    })
    await lab.context.clock.advance(10_000)
    const record = readRentedLab(lab.context.paths, 'one')
    if (!record) throw new Error('no record')
    const { runner: _, ...own } = record
    await saveLab(lab.context.paths, own)
    lab.ssh.down = undefined
    await lab.context.clock.advance(60_000)
    expect([told(lab, 'end'), told(lab, 'heard')]).toEqual([[], []])
    expect(told(lab, 'free').length).toBeGreaterThan(0)
  })

  it('ends its keeper, and nothing else, when the lab is removed', async () => {
    const lab = await laboratory({ runner: { pid: 1, startTime: 't1', owner: 'ada@lab' } })
    await removeLab(lab.context.paths, 'one')
    const before = lab.host.ran.length
    await whileTimePasses(
      lab.context.clock,
      lab.over.catch(() => undefined),
      1000,
    )
    expect(lab.host.ran.slice(before).filter((line) => line.includes('lease.sh'))).toEqual([])
    expect(labNames(lab.context.paths)).toEqual([])
  })

  it('that is somebody’s own now is told that nobody has to be there', async () => {
    const lab = await laboratory({}, ({ host }) => {
      host.lease = forRun
    })
    expect(told(lab, 'free').at(-1)).toMatch(/^sudo -n env .* sh \/var\/lib\/labos\/bin\/lease\.sh free$/)
    expect(told(lab, 'heard')).toEqual([])
    lab.host.lease = JSON.stringify(lease)
    await lab.context.clock.advance(15_000)
    const after = told(lab, 'free').length
    await lab.context.clock.advance(60_000)
    expect(told(lab, 'free')).toHaveLength(after)
  })
})

describe('the end of such a keeper', () => {
  it('comes when it is told to, and leaves the machine alone', async () => {
    const lab = await laboratory({}, serves)
    await askKeeper({ port: lab.port, key: lab.key, method: 'POST', path: '/labos/stop', timeoutMs: 5000 })
    await lab.over
    expect(readKeeper(lab.context.paths, 'one')).toMatchObject({ ended: { reason: 'stopped' } })
    expect(lab.ssh.last?.isClosed).toBe(true)
    expect(lab.host.ran.filter((line) => /stop|poweroff|lease.sh/.test(line))).toEqual([])
  })

  it('comes a while after its machine is gone, which it says before', async () => {
    const lab = await laboratory({}, serves)
    await lab.context.clock.advance(1000)
    lab.ssh.down = silence
    lab.ssh.last?.cut()
    await lab.context.clock.advance(1080_000 + 57_000)
    expect((await lab.status()).engine.state).toBe('unreachable')
    await lab.context.clock.advance(5000)
    const detail = 'nothing was asked for 30 m, and its machine does not answer any more'
    expect(await lab.status()).toMatchObject({ engine: { state: 'ended', detail } })
    expect(await textOf(await lab.request())).toContain(`The engine is not serving: ${detail}.`)
    await lab.context.clock.advance(11 * 60_000)
    await lab.over
    expect(readKeeper(lab.context.paths, 'one')?.ended).toMatchObject({ reason: 'idle', detail })
  })

  it('does not come where the deadline was moved meanwhile', async () => {
    const noIdle = { ...lease, idle_limit: null, idle_since: null, ends: lease.deadline, ends_by: 'deadline' }
    const lab = await laboratory({}, ({ host }) => {
      host.lease = JSON.stringify({ ...noIdle, deadline: SECONDS + 600 })
    })
    lab.ssh.down = silence
    lab.ssh.last?.cut()
    const record = readRentedLab(lab.context.paths, 'one')
    if (record) await saveLab(lab.context.paths, { ...record, expiresAt: '2026-01-01T05:00:00.000Z' })
    await lab.context.clock.advance(1200_000)
    // The record that the keeper began with said 04:00.
    expect((await lab.status()).engine.state).toBe('unreachable')
    await lab.context.clock.advance(4 * 3_600_000 - 1200_000 + 120_000)
    expect((await lab.status()).engine.state).toBe('unreachable')
  })

  it('comes when the `labos run` that the lab is for was killed, once the machine was told to end', async () => {
    const lab = await laboratory({ runner: { pid: 9, startTime: 't9', owner: 'ada@lab' } })
    await whileTimePasses(lab.context.clock, lab.over, 1000)
    expect(readKeeper(lab.context.paths, 'one')?.ended?.reason).toBe('runner')
    expect(lab.host.ran.at(-1)).toMatch(/^sudo -n env .* sh \/var\/lib\/labos\/bin\/lease\.sh end$/)
  })
})

describe('a context that the GPU has no room for', () => {
  const KV_LINE =
    "ValueError: To serve at least one request with the model's max seq len (65536), (1.90 GiB KV cache is needed, which is larger than the available KV cache memory (1.40 GiB). Based on the available memory, the estimated maximum model length is 48200. Try"

  it('is shortened once, which is said, kept over keepers, and in the model list', async () => {
    const lab = await laboratory({}, ({ host }) => {
      host.journal = [KV_LINE]
      host.phase({ phase: 'serve', state: 'failed', cause: 'engine.exit', text: 'it ended' })
    })
    await lab.context.clock.advance(2000)
    expect(lab.host.contexts).toEqual([48_128])
    serves({ host: { ...lab.host, phase: (line) => lab.host.phase({ boot: 2, ...line }) } })
    lab.host.engine = 200
    await lab.context.clock.advance(2000)
    const text = expect.stringContaining('the engine was started again with 48128') as string
    expect(await lab.status()).toMatchObject({
      engine: { state: 'serving' },
      contextTokens: 48_128,
      notes: [{ about: 'kv-repair', text }],
    })
    const headers = { authorization: `Bearer ${lab.key}` }
    expect(await textOf(await ask(lab.port, { method: 'GET', path: '/v1/models', headers }))).toContain('48128')
    const repaired = (): unknown => readKeeper(lab.context.paths, 'one')?.kvRepair
    await expect.poll(repaired).toMatchObject({ fromTokens: 65_536, toTokens: 48_128, text })
  })
})
