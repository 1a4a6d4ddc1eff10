import { PassThrough, Duplex } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { engineNamed } from '../../../src/engines/engines.js'
import {
  superviseEngine,
  type EngineSnapshot,
  type RunningEngine,
  type Supervisor,
} from '../../../src/serve/supervisor.js'
import { watchExternal } from '../../../src/serve/external.js'
import { fakeClock, type FakeClock } from '../../fakes/clock.js'
import { somePlan } from '../../fakes/plan.js'

interface FakeEngine {
  readonly pid: number
  readonly signals: string[]
  say(line: string): void
  end(how: string): void
}

interface World {
  readonly clock: FakeClock
  readonly supervisor: Supervisor
  readonly engines: FakeEngine[]
  readonly states: EngineSnapshot[]
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

function world(): World {
  const clock = fakeClock()
  const engines: FakeEngine[] = []
  const states: EngineSnapshot[] = []
  const what = { engine: engineNamed('llama.cpp'), plan: somePlan(), home: '/engine', weightsPath: '/weights' }
  const spawn = async (_: unknown, onLine: (line: string) => void): Promise<RunningEngine> => {
    let end: (how: string) => void = () => undefined
    const ended = new Promise<string>((resolve) => (end = resolve))
    const engine: FakeEngine = { pid: 100 + engines.length, signals: [], say: onLine, end }
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
  const made: Omit<World, 'supervisor'> & { supervisor?: Supervisor } = { clock, engines, states, health: 503 }
  made.supervisor = superviseEngine(what, {
    clock,
    ports: { free: () => Promise.resolve(5000) },
    machine: { dial: () => answering(made.health) },
    spawn,
    log: () => undefined,
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

describe('an engine of the user’s own', () => {
  it('is watched, never started, and said to be away while it is', async () => {
    const clock = fakeClock()
    let health: number | 'refused' = 'refused'
    const states: string[] = []
    const what = { engine: engineNamed('ollama'), plan: somePlan(), home: '', weightsPath: '' }
    const watched = watchExternal(what, 11_434, {
      clock,
      machine: { dial: () => answering(health) },
      onChange: ({ state }) => states.push(state),
    })
    await clock.advance(3000)
    expect(watched.address()).toBeUndefined()
    health = 200
    await clock.advance(3000)
    expect(watched.address()).toEqual({ port: 11_434 })
    health = 'refused'
    await clock.advance(16_000)
    expect(states).toEqual(['restarting', 'serving', 'restarting'])
    await watched.stop()
  })
})
