import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { takeLock, type LockDeps } from '../../../src/state/lock.js'
import { fakeClock, type FakeClock } from '../../fakes/clock.js'
import { tempDir } from '../../fakes/temp-dir.js'

const never = new AbortController().signal

/** A process with that pid, in a world where only `alive` ones run. */
function process(pid: number, clock: FakeClock, alive: ReadonlySet<number>): LockDeps {
  return {
    clock,
    self: { pid, startTime: `t${String(pid)}` },
    processes: {
      find: () => Promise.resolve(undefined),
      isAlive: (ref) => Promise.resolve(alive.has(ref.pid) && ref.startTime === `t${String(ref.pid)}`),
      kill: () => Promise.resolve(),
    },
  }
}

const wish = { command: 'labos up smollm2', waitMs: 1000 }

describe('a lock', () => {
  it('is held by one and free after its release', async () => {
    const path = join(tempDir(), 'labs', '.x.lock')
    const clock = fakeClock()
    const release = await takeLock(path, wish, process(1, clock, new Set([1])), never)
    expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({
      pid: 1,
      startTime: 't1',
      command: 'labos up smollm2',
    })
    await release()
    expect(readdirSync(join(path, '..'))).toEqual([])
  })

  it('is waited for, and the holder is named once', async () => {
    const path = join(tempDir(), '.x.lock')
    const clock = fakeClock()
    const alive = new Set([1, 2])
    const release = await takeLock(path, wish, process(1, clock, alive), never)
    const seen: number[] = []
    const second = takeLock(path, { ...wish, onWait: ({ pid }) => seen.push(pid) }, process(2, clock, alive), never)
    // The folder is a real one: how many turns its answers take is not the clock's to say.
    await vi.waitFor(async () => {
      await clock.advance(100)
      expect(seen).toEqual([1])
    })
    await release()
    const taken = vi.fn<(free: () => Promise<void>) => void>()
    void second.then(taken)
    await vi.waitFor(async () => {
      await clock.advance(100)
      expect(taken).toHaveBeenCalledOnce()
    })
    await (
      await second
    )()
    expect(seen).toEqual([1])
  })

  it('that stays taken is refused with its holder', async () => {
    const path = join(tempDir(), '.x.lock')
    const clock = fakeClock()
    const alive = new Set([1, 2])
    await takeLock(path, wish, process(1, clock, alive), never)
    const refused = expect(takeLock(path, wish, process(2, clock, alive), never)).rejects.toMatchObject({
      code: 'lab.busy',
      message: expect.stringContaining('pid 1') as string,
    })
    await clock.advance(1500)
    await refused
  })

  it('of a process that is gone, or whose pid is another’s now, is taken over', async () => {
    const path = join(tempDir(), '.x.lock')
    const clock = fakeClock()
    await takeLock(path, wish, process(1, clock, new Set([1])), never)
    await takeLock(path, wish, process(2, clock, new Set([2])), never)
    expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({ pid: 2 })
    writeFileSync(path, JSON.stringify({ pid: 3, startTime: 'another', command: 'x', at: 0 }))
    await takeLock(path, wish, process(4, clock, new Set([3, 4])), never)
    expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({ pid: 4 })
  })

  it('that was cut off in the middle of writing is taken over', async () => {
    const path = join(tempDir(), '.x.lock')
    writeFileSync(path, '{"pid": 1')
    await takeLock(path, wish, process(2, fakeClock(), new Set([1, 2])), never)
    expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({ pid: 2 })
  })

  it('goes to exactly one of many that find it stale together', async () => {
    const path = join(tempDir(), '.x.lock')
    const clock = fakeClock()
    writeFileSync(path, JSON.stringify({ pid: 99, startTime: 'gone', command: 'x', at: 0 }))
    const alive = new Set([1, 2, 3, 4, 5, 6])
    const tries = [...alive].map((pid) =>
      takeLock(path, { ...wish, waitMs: 0 }, process(pid, clock, alive), never).then(
        () => 'held',
        (error: unknown) => (error as { code: string }).code,
      ),
    )
    const ends = await Promise.all(tries)
    expect(ends.filter((end) => end === 'held')).toEqual(['held'])
    expect(ends.filter((end) => end !== 'held')).toEqual(Array(5).fill('lab.busy'))
  })

  it('is given up when the command is interrupted', async () => {
    const path = join(tempDir(), '.x.lock')
    const clock = fakeClock()
    const alive = new Set([1, 2])
    await takeLock(path, wish, process(1, clock, alive), never)
    const stop = new AbortController()
    const waiting = expect(takeLock(path, wish, process(2, clock, alive), stop.signal)).rejects.toThrow('enough')
    await clock.advance(100)
    stop.abort(new Error('enough'))
    await waiting
    expect(existsSync(path)).toBe(true)
  })
})
