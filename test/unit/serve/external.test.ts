import { Duplex } from 'node:stream'
import { afterEach, describe, expect, it } from 'vitest'
import { ollama } from '../../../src/engines/ollama.js'
import type { Plan } from '../../../src/plan/plan.js'
import { watchExternal } from '../../../src/serve/external.js'
import type { EngineSnapshot, Supervisor } from '../../../src/serve/supervisor.js'
import { fakeClock, type FakeClock } from '../../fakes/clock.js'

interface World {
  readonly clock: FakeClock
  readonly watched: Supervisor
  /** Changes that were told, oldest first. */
  readonly told: EngineSnapshot[]
  /** Ports that were dialled, and what was asked there. */
  readonly dialled: number[]
  readonly asked: string[]
  /** The service's answer; undefined: nobody listens. */
  status: number | undefined
}

const plan: Plan = {
  provider: 'local',
  model: {
    id: 'm',
    title: 'M',
    servedNames: ['m'],
    weightsBytes: 1,
    licence: 'MIT',
    canary: { prompt: '', expect: '' },
    fim: null,
  },
  weights: { kind: 'ollama', tag: 'm:1b', bytes: 1 },
  engine: 'ollama',
  port: 8100,
  contextTokens: 1024,
  parallel: 1,
  threads: 1,
  memory: { weightsGiB: 1, kvCacheGiB: 0, overheadGiB: 0, totalGiB: 1 },
  lease: {},
  usdPerHour: 0,
  downloads: [],
  notes: [],
}

/** A connection to a service that answers one request with a status and hangs up, or refuses. */
function connection(world: Pick<World, 'status' | 'asked'>): Duplex {
  const { status } = world
  const socket = new Duplex({
    allowHalfOpen: false,
    read: () => undefined,
    write: (piece: Buffer, _encoding, done) => {
      world.asked.push(piece.toString())
      done()
      socket.push(`HTTP/1.1 ${String(status)} X\r\n\r\n{}`)
      socket.push(null)
    },
  })
  if (status === undefined) process.nextTick(() => socket.destroy(new Error('connect ECONNREFUSED')))
  return socket
}

const running: Supervisor[] = []

afterEach(async () => {
  for (const watched of running.splice(0)) await watched.stop()
})

function watching(status: number | undefined): World {
  const clock = fakeClock()
  const world: Omit<World, 'watched'> = { clock, told: [], dialled: [], asked: [], status }
  const dial = (port: number): Duplex => {
    world.dialled.push(port)
    return connection(world)
  }
  const watched = watchExternal({ engine: ollama, plan, home: '', weightsPath: '' }, 11_434, {
    clock,
    machine: { dial },
    onChange: (snapshot) => world.told.push(snapshot),
  })
  running.push(watched)
  return Object.assign(world, { watched })
}

const AWAY = {
  state: 'restarting',
  detail: 'ollama does not answer on port 11434',
  restarts: 0,
  retryAfterMs: 2000,
}

describe('watchExternal', () => {
  it('is starting before it has looked', () => {
    const { watched } = watching(200)
    expect(watched.snapshot()).toEqual({ state: 'starting', restarts: 0, retryAfterMs: 2000 })
    expect(watched.address()).toBeUndefined()
  })

  it('asks the health path on the port, and is reached there without a key', async () => {
    const { clock, watched, dialled, asked } = watching(200)
    await clock.advance(0)
    expect(watched.snapshot()).toEqual({ state: 'serving', restarts: 0, retryAfterMs: 1000 })
    expect(watched.address()).toEqual({ port: 11_434 })
    expect(dialled).toEqual([11_434])
    expect(asked[0]).toMatch(/^GET \/api\/version HTTP\/1\.0\r\n/)
    expect(asked[0]).not.toContain('Authorization')
  })

  it.each([[undefined], [500], [404]])('says it is away when its answer is %s', async (status) => {
    const { clock, watched } = watching(status)
    await clock.advance(0)
    expect(watched.snapshot()).toEqual(AWAY)
    expect(watched.address()).toBeUndefined()
  })

  it('tells a change once, not at every look', async () => {
    const world = watching(200)
    await world.clock.advance(60_000)
    world.status = undefined
    await world.clock.advance(60_000)
    world.status = 200
    await world.clock.advance(60_000)
    expect(world.told.map(({ state }) => state)).toEqual(['serving', 'restarting', 'serving'])
  })

  it('looks every 15 seconds while it serves and every 2 while it is away', async () => {
    const world = watching(200)
    await world.clock.advance(31_000)
    expect(world.dialled.length).toBe(3) // at 0, 15 and 30 s
    world.status = undefined
    await world.clock.advance(14_000) // away since 45 s
    world.dialled.length = 0
    await world.clock.advance(10_000)
    expect(world.dialled.length).toBe(5)
  })

  it('asks the service itself when somebody wants to know whether it is healthy', async () => {
    const world = watching(200)
    await world.clock.advance(0)
    world.status = undefined
    expect(await world.watched.isHealthy()).toBe(false)
    expect(world.watched.snapshot().state).toBe('serving') // until it is looked at again
    world.status = 200
    expect(await world.watched.isHealthy()).toBe(true)
  })

  it('looks no more after it was stopped', async () => {
    const { clock, watched, dialled } = watching(200)
    await clock.advance(0)
    await watched.stop()
    await clock.advance(120_000)
    expect(dialled.length).toBe(1)
    expect(clock.sleepers).toBe(0)
  })
})
