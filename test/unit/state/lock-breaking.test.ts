import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { takeLock, type LockDeps } from '../../../src/state/lock.js'
import { fakeClock, type FakeClock } from '../../fakes/clock.js'
import { fakeProcesses, whileTimePasses } from '../../fakes/context.js'
import { tempDir } from '../../fakes/temp-dir.js'

const never = new AbortController().signal
const wish = { command: 'labos up smollm2', waitMs: 0 }
const ALIVE = [1, 2, 9]

const depsOf = (pid: number, clock: FakeClock = fakeClock()): LockDeps => ({
  clock,
  processes: fakeProcesses(ALIVE),
  self: { pid, startTime: `t${String(pid)}` },
})

const holderOf = (path: string): unknown => (JSON.parse(readFileSync(path, 'utf8')) as { pid: unknown }).pid

/** Writes a lock as a process with that pid holds it; 99 does not run. */
function heldBy(pid: number, path: string): string {
  writeFileSync(
    path,
    JSON.stringify({ pid, startTime: `t${String(pid)}`, command: `labos up by ${String(pid)}`, at: 0 }),
  )
  return path
}

describe('a lock that a dead process left', () => {
  it('is not touched by a second breaker once the first has it', async () => {
    const path = heldBy(99, join(tempDir(), '.x.lock'))
    const first = depsOf(1)
    const changes: bigint[] = []
    const changed = (): bigint => statSync(path, { bigint: true }).ctimeNs
    const slow: LockDeps = {
      ...depsOf(2),
      processes: {
        ...fakeProcesses(ALIVE),
        // Between the look at the dead holder and the break, the other one takes the lock.
        isAlive: async (ref) => {
          if (ref.pid !== 99) return true
          await takeLock(path, wish, first, never)
          changes.push(changed())
          return false
        },
      },
    }
    await expect(takeLock(path, wish, slow, never)).rejects.toMatchObject({ code: 'lab.busy' })
    expect(holderOf(path)).toBe(1)
    expect(changes).toEqual([changed()]) // neither moved nor put back: nobody can slip in
    expect(readdirSync(dirname(path))).toEqual([basename(path)])
  })

  it('is left to the living process that is breaking it', async () => {
    const path = heldBy(99, join(tempDir(), '.x.lock'))
    heldBy(9, `${path}.break`)
    await expect(takeLock(path, wish, depsOf(1), never)).rejects.toMatchObject({
      code: 'lab.busy',
      message: expect.stringContaining('`labos up by 9` (pid 9)') as string,
    })
    expect([holderOf(path), holderOf(`${path}.break`)]).toEqual([99, 9])
  })

  it('is taken over after a breaker that was killed in the middle of it', async () => {
    const path = heldBy(99, join(tempDir(), '.x.lock'))
    heldBy(99, `${path}.break`)
    const release = await takeLock(path, wish, depsOf(1), never)
    expect([holderOf(path), readdirSync(dirname(path))]).toEqual([1, ['.x.lock']])
    await release()
    expect(readdirSync(dirname(path))).toEqual([])
  })

  it.each(['', '{"pid":', 'null'])('and whose guard holds %j is taken over too', async (content) => {
    const path = heldBy(99, join(tempDir(), '.x.lock'))
    writeFileSync(`${path}.break`, content)
    await takeLock(path, wish, depsOf(1), never)
    expect(holderOf(path)).toBe(1)
  })

  it('goes to each of two in turn, never to both', async () => {
    const path = heldBy(99, join(tempDir(), '.x.lock'))
    const clock = fakeClock()
    let inside = 0
    let most = 0
    const work = [1, 2].map(async (pid) => {
      const release = await takeLock(path, { ...wish, waitMs: 60_000 }, depsOf(pid, clock), never)
      inside += 1
      most = Math.max(most, inside)
      await clock.sleep(1000)
      inside -= 1
      await release()
    })
    await whileTimePasses(clock, Promise.all(work))
    expect([most, readdirSync(dirname(path))]).toEqual([1, []])
  })
})

describe('a lock that cannot be made', () => {
  it('because a file stands where its folder should is a folder that cannot be written', async () => {
    const file = join(tempDir(), 'labs')
    writeFileSync(file, 'mine')
    await expect(takeLock(join(file, 'sub', '.x.lock'), wish, depsOf(1), never)).rejects.toMatchObject({
      code: 'state.readonly',
    })
    expect(readFileSync(file, 'utf8')).toBe('mine')
  })

  it('is not tried after an interruption', async () => {
    const dir = tempDir()
    const stopped = AbortSignal.abort(new Error('enough'))
    await expect(takeLock(join(dir, '.x.lock'), wish, depsOf(1), stopped)).rejects.toThrow('enough')
    expect(readdirSync(dir)).toEqual([])
  })
})

it('a release leaves alone what another process took since', async () => {
  const path = join(tempDir(), '.x.lock')
  const release = await takeLock(path, wish, depsOf(1), never)
  heldBy(9, path)
  await release()
  expect(holderOf(path)).toBe(9)
})
