import { PassThrough, Duplex } from 'node:stream'
import { describe, expect, it } from 'vitest'
import type { EngineProcess } from '../../../src/engines/engine.js'
import { engineNamed } from '../../../src/engines/engines.js'
import {
  superviseEngine,
  type EngineSnapshot,
  type RunningEngine,
  type Supervisor,
  type SupervisorDeps,
} from '../../../src/serve/supervisor.js'
import { fakeClock, type FakeClock } from '../../fakes/clock.js'
import { somePlan } from '../../fakes/plan.js'

interface FakeEngine {
  readonly pid: number
  /** What was started. */
  readonly process: EngineProcess
  readonly signals: string[]
  say(line: string): void
  end(how: string): void
}

interface World {
  readonly clock: FakeClock
  readonly supervisor: Supervisor
  readonly engines: FakeEngine[]
  readonly states: EngineSnapshot[]
  /** Lines for the engine's log file. */
  readonly logged: string[]
  /** What the health path answers: a status, or nothing at all. */
  health: number | 'refused'
}

/** A connection whose other end answers one request. */
function answering(status: number | 'refused'): Duplex {
  const answer = new PassThrough()
  const socket = Duplex.from({ readable: answer, writable: new PassThrough().resume() })
  if (status === 'refused') setImmediate(() => socket.destroy(new Error('refused')))
  else answer.end(`HTTP/1.1 ${String(status)} X\r\n\r\n{}`)
  return socket
}

type Spawn = SupervisorDeps['spawn']

/** `around` may stand before the start of a process; `free` finds a port. */
function world({
  around = (start) => start,
  free = () => Promise.resolve(5000),
}: { around?: (start: Spawn) => Spawn; free?: () => Promise<number> } = {}): World {
  const clock = fakeClock()
  const engines: FakeEngine[] = []
  const states: EngineSnapshot[] = []
  const what = { engine: engineNamed('llama.cpp'), plan: somePlan(), home: '/engine', weightsPath: '/weights' }
  const spawn = async (process: EngineProcess, onLine: (line: string) => void): Promise<RunningEngine> => {
    let end: (how: string) => void = () => undefined
    const ended = new Promise<string>((resolve) => (end = resolve))
    const engine: FakeEngine = { pid: 100 + engines.length, process, signals: [], say: onLine, end }
    engines.push(engine)
    return {
      pid: engine.pid,
      ended,
      kill: (signal) => {
        engine.signals.push(signal)
        if (signal === 'SIGKILL') end('SIGKILL')
      },
    }
  }
  const made: Omit<World, 'supervisor'> & { supervisor?: Supervisor } = {
    clock,
    engines,
    states,
    logged: [],
    health: 503,
  }
  made.supervisor = superviseEngine(what, {
    clock,
    ports: { free },
    machine: { dial: () => answering(made.health) },
    spawn: around(spawn),
    log: (line) => made.logged.push(line),
    onChange: (snapshot) => states.push(snapshot),
  })
  return made as World
}

async function serving(): Promise<World> {
  const it = world()
  it.health = 200
  await it.clock.advance(100)
  return it
}

describe('an engine', () => {
  it('is starting until its health path answers 200, and is reached only from then on', async () => {
    const it = world()
    await it.clock.advance(1000)
    expect([it.supervisor.snapshot().state, it.supervisor.address()]).toEqual(['starting', undefined])
    it.health = 200
    await it.clock.advance(1000)
    expect(it.supervisor.snapshot()).toMatchObject({ state: 'serving', pid: 100 })
    expect(it.supervisor.address()).toMatchObject({ port: 5000, key: expect.stringMatching(/.{32}/) as string })
    await Promise.all([it.supervisor.stop(), it.clock.advance(6000)])
  })

  it('that ends is started again after a pause, and why is said', async () => {
    const it = await serving()
    it.engines[0]?.end('SIGKILL')
    await it.clock.advance(500)
    expect(it.supervisor.snapshot()).toMatchObject({ state: 'restarting', restarts: 1, lastExit: { why: 'SIGKILL' } })
    expect([it.supervisor.address(), it.engines.length]).toEqual([undefined, 1])
    await it.clock.advance(1000)
    expect(it.supervisor.snapshot()).toMatchObject({ state: 'serving', pid: 101, restarts: 1 })
    await Promise.all([it.supervisor.stop(), it.clock.advance(6000)])
  })

  it('that never serves is given up after three tries, with the first cause', async () => {
    const it = world()
    for (let life = 0; life < 3; life += 1) {
      await it.clock.advance(5000)
      it.engines[life]?.say('gguf_init: invalid magic characters')
      it.engines[life]?.say('failed to load model')
      it.engines[life]?.end('exit 1')
      await it.clock.advance(10)
    }
    await it.clock.advance(120_000)
    expect(it.engines.length).toBe(3)
    expect(it.supervisor.snapshot()).toMatchObject({
      state: 'failed',
      detail: expect.stringMatching(/^weights-damaged/) as string,
    })
    await it.supervisor.stop()
  })

  it('that hangs is killed after three unanswered checks', async () => {
    const it = await serving()
    it.health = 'refused'
    await it.clock.advance(31_000)
    expect(it.engines[0]?.signals).toEqual([])
    await it.clock.advance(15_000)
    expect(it.engines[0]?.signals).toEqual(['SIGKILL'])
    expect(it.supervisor.snapshot().restarts).toBe(1)
    await Promise.all([it.supervisor.stop(), it.clock.advance(6000)])
  })

  it('that never comes to serve is killed and started again, and that is said', async () => {
    const it = world()
    const limitMs = 300_000 + somePlan().model.weightsBytes / 10_000
    for (let waited = 0; waited < limitMs - 1000; waited += 1000) await it.clock.advance(1000)
    expect([it.engines[0]?.signals, it.supervisor.snapshot().state]).toEqual([[], 'starting'])
    await it.clock.advance(2100)
    expect(it.engines[0]?.signals).toEqual(['SIGKILL'])
    expect(it.supervisor.snapshot().detail).toMatch(/^it ended \(SIGKILL\): labos: it did not serve within 5 m/)
    await Promise.all([it.supervisor.stop(), it.clock.advance(6000)])
  })

  it('is asked to end, and made to after five seconds', async () => {
    const it = await serving()
    const stopped = it.supervisor.stop()
    await it.clock.advance(4000)
    expect(it.engines[0]?.signals).toEqual(['SIGTERM'])
    await it.clock.advance(2000)
    await stopped
    expect(it.engines[0]?.signals).toEqual(['SIGTERM', 'SIGKILL'])
    await it.clock.advance(60_000)
    expect(it.engines.length).toBe(1)
  })
})

describe('a life of an engine', () => {
  it('has a key and a port of its own, the key not on the command line', async () => {
    let port = 6000
    const it = world({ free: () => Promise.resolve((port += 1)) })
    it.health = 200
    await it.clock.advance(100)
    it.engines[0]?.end('SIGKILL')
    await it.clock.advance(1500)
    const [first, second] = it.engines.map(({ process }) => process)
    expect(first?.argv.join(' ')).toContain('--port 6001')
    expect(second?.argv.join(' ')).toContain('--port 6002')
    const keys = [first, second].map((process) => process?.env['LABOS_ENGINE_KEY'] ?? '')
    expect(new Set(keys).size).toBe(2)
    expect(it.supervisor.address()).toEqual({ port: 6002, key: keys[1] })
    expect(first?.argv.join(' ')).not.toContain(keys[0])
    await Promise.all([it.supervisor.stop(), it.clock.advance(6000)])
  })

  it('is told in the log, and how it goes to whoever keeps the record', async () => {
    const it = await serving()
    it.engines[0]?.say('listening')
    it.engines[0]?.end('exit 1')
    await it.clock.advance(1500)
    expect(it.logged).toEqual(['listening'])
    expect(it.states.map(({ state, pid }) => [state, pid])).toEqual([
      ['starting', 100],
      ['serving', 100],
      ['restarting', undefined],
      ['restarting', 101],
      ['serving', 101],
    ])
    expect(it.states[2]?.detail).toBe('it ended (exit 1): listening')
    await Promise.all([it.supervisor.stop(), it.clock.advance(6000)])
  })

  it('is followed by longer and longer pauses, until one was long', async () => {
    const it = await serving()
    const pauseAfter = async (servedMs: number): Promise<number> => {
      await it.clock.advance(servedMs)
      const lives = it.engines.length
      it.engines.at(-1)?.end('exit 1')
      await it.clock.advance(0)
      const since = it.clock.now()
      while (it.engines.length === lives) await it.clock.advance(500)
      return it.clock.now() - since
    }
    expect([await pauseAfter(5000), await pauseAfter(5000), await pauseAfter(5000)]).toEqual([1000, 2000, 4000])
    expect([await pauseAfter(70_000), await pauseAfter(5000)]).toEqual([1000, 2000])
    await Promise.all([it.supervisor.stop(), it.clock.advance(6000)])
  })

  it('goes on when a check or two were missed', async () => {
    const it = await serving()
    for (let round = 0; round < 3; round += 1) {
      it.health = 503
      await it.clock.advance(30_000)
      it.health = 200
      await it.clock.advance(15_000)
    }
    expect([it.engines.length, it.engines[0]?.signals]).toEqual([1, []])
    expect(it.supervisor.snapshot()).toMatchObject({ state: 'serving', restarts: 0 })
    await Promise.all([it.supervisor.stop(), it.clock.advance(6000)])
  })

  it('is asked for its health at the moment', async () => {
    const it = world()
    expect(await it.supervisor.isHealthy()).toBe(false) // nothing serves yet
    it.health = 200
    await it.clock.advance(100)
    expect(await it.supervisor.isHealthy()).toBe(true)
    it.health = 'refused'
    expect(await it.supervisor.isHealthy()).toBe(false)
    await Promise.all([it.supervisor.stop(), it.clock.advance(6000)])
  })
})

describe('an engine that cannot be started', () => {
  it.each<[string, Parameters<typeof world>[0]]>([
    ['no program', { around: () => () => Promise.reject(new Error('spawn python ENOENT')) }],
    ['no port', { free: () => Promise.reject(new Error('spawn python ENOENT')) }],
  ])('because there is %s is given up after three tries, and why is said', async (_what, more) => {
    const it = world(more)
    await it.clock.advance(60_000)
    expect(it.supervisor.snapshot()).toMatchObject({
      state: 'failed',
      detail: 'it could not be started: spawn python ENOENT',
      restarts: 2,
      lastExit: { why: 'not started' },
    })
    expect(it.logged).toEqual(Array(3).fill('it could not be started: spawn python ENOENT'))
    await it.supervisor.stop()
  })
})

describe('stopping', () => {
  it('in a pause starts nothing more, and says no more', async () => {
    const it = await serving()
    it.engines[0]?.end('exit 1')
    await it.clock.advance(500)
    const told = it.states.length
    await it.supervisor.stop()
    await it.clock.advance(60_000)
    expect([it.engines.length, it.states.length, it.clock.sleepers]).toEqual([1, told, 0])
  })

  it('kills an engine whose start was under way', async () => {
    let go = (): void => undefined
    const gate = new Promise<void>((resolve) => (go = resolve))
    const it = world({
      around:
        (start) =>
        async (...process) =>
          gate.then(() => start(...process)),
    })
    await it.clock.advance(0)
    const stopped = it.supervisor.stop()
    go()
    await stopped
    expect(it.engines.map(({ signals }) => signals)).toEqual([['SIGKILL']])
    expect(it.states).toEqual([])
  })

  it('needs no SIGKILL for an engine that leaves', async () => {
    const it = await serving()
    const stopped = it.supervisor.stop()
    it.engines[0]?.end('exit 0')
    await stopped
    await it.clock.advance(60_000)
    expect([it.engines[0]?.signals, it.clock.sleepers]).toEqual([['SIGTERM'], 0])
  })
})
