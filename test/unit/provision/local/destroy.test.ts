import { describe, expect, it } from 'vitest'
import type { AskKeeper, Leftover, MachineRef } from '../../../../src/ports.js'
import { destroyLocal } from '../../../../src/provision/local/destroy.js'
import { fakeClock } from '../../../fakes/clock.js'
import { fakeProcesses, type FakeProcesses } from '../../../fakes/context.js'

const never = new AbortController().signal
const lab: MachineRef = {
  port: 8484,
  key: 'sk-labos-x',
  keeper: { pid: 7, startTime: 't7' },
  engine: { pid: 8, startTime: 't8' },
}
const nobody: AskKeeper = () => Promise.reject(new Error('ECONNREFUSED'))

interface Ending {
  readonly processes: FakeProcesses
  readonly ask?: AskKeeper
  readonly ref?: MachineRef
}

/** Destroys while time moves on; resolves to what is left and how long it took on the clock. */
async function destroy({
  processes,
  ask = nobody,
  ref = lab,
}: Ending): Promise<{ left: readonly Leftover[]; ms: number }> {
  const clock = fakeClock()
  let ms = -1
  const ending = destroyLocal(ref, { ask, clock, processes }, never).then((left) => {
    ms = clock.monotonicMs()
    return left
  })
  await clock.advance(60_000)
  return { left: await ending, ms }
}

describe('ending a lab', () => {
  it('asks the keeper, which takes its engine along, and sends no signal', async () => {
    const processes = fakeProcesses([7, 8])
    const asked: unknown[] = []
    const ask: AskKeeper = async (question) => {
      asked.push(question)
      processes.running.clear()
    }
    expect(await destroy({ processes, ask })).toEqual({ left: [], ms: 0 })
    expect(processes.sent).toEqual([])
    expect(asked).toEqual([{ port: 8484, key: 'sk-labos-x', method: 'POST', path: '/labos/stop', timeoutMs: 2000 }])
  })

  it('waits for a keeper that agreed and takes its time', async () => {
    const processes = fakeProcesses([7])
    let looks = 0
    const slow = {
      ...processes,
      isAlive: async () => {
        looks += 1
        if (looks === 100) processes.running.delete(7)
        return processes.running.has(7)
      },
    }
    const { keeper, port, key } = lab
    const ended = await destroy({ processes: slow, ask: async () => undefined, ref: { keeper, port, key } })
    expect([ended.left, processes.sent]).toEqual([[], []])
    expect(ended.ms).toBeGreaterThan(4000)
  })

  it('signals a keeper that does not answer, then an engine that outlived it', async () => {
    const processes = fakeProcesses([7, 8])
    expect(await destroy({ processes })).toEqual({ left: [], ms: 0 })
    expect(processes.sent).toEqual(['SIGTERM 7', 'SIGTERM 8'])
  })

  it('asks nobody where there is no key', async () => {
    const processes = fakeProcesses([7])
    const ask: AskKeeper = () => Promise.reject(new Error('it was asked'))
    await destroy({ processes, ask, ref: { ...lab, key: undefined } })
    expect(processes.sent).toEqual(['SIGTERM 7'])
  })

  it.each([
    ['that ignores SIGTERM', nobody, ['SIGTERM 7', 'SIGKILL 7']],
    ['that agrees and stays', () => Promise.resolve(), ['SIGKILL 7']],
  ])('kills a keeper %s after ten seconds', async (_, ask, sent) => {
    const processes = fakeProcesses([7], (_pid, signal) => signal === 'SIGKILL')
    const { left, ms } = await destroy({ processes, ask })
    expect([left, processes.sent]).toEqual([[], sent])
    expect(ms).toBeGreaterThan(10_000)
    expect(ms).toBeLessThanOrEqual(10_100)
  })

  it('tells what even SIGKILL does not end, and how to end it by hand', async () => {
    const processes = fakeProcesses([7, 8], () => false)
    const { left, ms } = await destroy({ processes })
    expect(left).toEqual([
      { what: 'keeper process 7', remedy: 'kill -9 7' },
      { what: 'engine process 8', remedy: 'kill -9 8' },
    ])
    expect(ms).toBeLessThanOrEqual(30_300)
  })

  it('of which nothing runs is a success without a word', async () => {
    const processes = fakeProcesses([1])
    expect(await destroy({ processes })).toEqual({ left: [], ms: 0 })
    expect(processes.sent).toEqual([])
  })

  it('never touches a later process with the same pid', async () => {
    const processes = fakeProcesses([7, 8])
    const ref = { ...lab, keeper: { pid: 7, startTime: 'before' }, engine: { pid: 8, startTime: 'before' } }
    const asked: unknown[] = []
    expect(await destroy({ processes, ref, ask: async (question) => asked.push(question) })).toMatchObject({ left: [] })
    expect([processes.sent, [...processes.running], asked]).toEqual([[], [7, 8], []])
  })

  it('stops waiting when it is interrupted', async () => {
    const clock = fakeClock()
    const stop = new AbortController()
    const deps = { ask: nobody, clock, processes: fakeProcesses([7, 8], () => false) }
    const refused = expect(destroyLocal(lab, deps, stop.signal)).rejects.toThrow('enough')
    await clock.advance(500)
    stop.abort(new Error('enough'))
    await refused
    expect(clock.sleepers).toBe(0)
  })
})
