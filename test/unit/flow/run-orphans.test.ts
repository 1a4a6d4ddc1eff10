/** Labs whose `labos run` was killed. */
import { describe, expect, it } from 'vitest'
import { forgetOrphan, isOrphan, orphanWords, refuseOrphan } from '../../../src/flow/run/orphan.js'
import { takenOver } from '../../../src/flow/run/take-over.js'
import { takeLock } from '../../../src/state/lock.js'
import { lockPath } from '../../../src/state/paths.js'
import { labNames, readLab } from '../../../src/state/read.js'
import { saveLab } from '../../../src/state/store.js'
import { fakeContext, fakeProcesses, saveSomeKeeper, saveSomeLab } from '../../fakes/context.js'
import { OWNER, rentedLab } from '../../fakes/rented.js'
import { runWorld } from '../../fakes/run-world.js'
import { plannedServing } from '../../fakes/served.js'

describe('a lab whose run was killed', () => {
  const runner = { pid: 9, startTime: 't9', owner: 'ada@lab' }

  it.each([
    [{}, [], false],
    [{ runner }, [9], false],
    [{ runner }, [], true],
    [{ runner: { ...runner, startTime: 't1' } }, [9], true], // another process has its pid
  ])('is known by its runner: %j, running %j', async (record, running, expected) => {
    expect(await isOrphan(record, fakeProcesses(running))).toBe(expected)
  })

  it('is forgotten, unless somebody works on it', async () => {
    const context = fakeContext()
    await saveSomeLab(context.paths, 'one', { runner })
    const never = new AbortController().signal
    const release = await takeLock(lockPath(context.paths, 'one'), { command: 'x', waitMs: 0 }, context, never)
    await expect(forgetOrphan(context.paths, 'one', context)).rejects.toMatchObject({ code: 'lab.busy' })
    expect(labNames(context.paths)).toEqual(['one'])
    await release()
    await forgetOrphan(context.paths, 'one', context)
    expect(labNames(context.paths)).toEqual([])
  })

  it('is not forgotten when somebody has taken it over, or the run goes on', async () => {
    const context = fakeContext()
    await saveSomeLab(context.paths, 'one')
    await saveSomeLab(context.paths, 'two', { runner: { ...runner, pid: 1, startTime: 't1' } })
    for (const name of ['one', 'two']) await forgetOrphan(context.paths, name, context)
    expect(labNames(context.paths)).toEqual(['one', 'two'])
  })
})

describe('a machine whose run was killed', () => {
  const runner = { pid: 9, startTime: 't9', owner: OWNER }
  const forRun = rentedLab({
    name: 'one',
    runner,
    plan: { ...rentedLab().plan, serving: { ...plannedServing, unheardMs: 900_000 } },
  })

  it('ends by itself, and who would open it again is told what keeps it', async () => {
    expect(orphanWords(forRun)).toMatch(
      /^what serves ends itself within 15 m; `labos up \S+ --name one` keeps it, `labos down one` removes it$/,
    )
    const context = fakeContext({ owner: OWNER })
    await expect(refuseOrphan(forRun, context)).rejects.toMatchObject({ code: 'lab.differs' })
    await refuseOrphan({ ...forRun, runner: { ...runner, owner: 'ada@elsewhere' } }, context)
    await refuseOrphan(forRun, { ...context, processes: fakeProcesses([9]) })
  })

  it('is somebody’s own, and needs nobody to be there, when it was taken over', async () => {
    const context = fakeContext({ owner: OWNER })
    await saveLab(context.paths, forRun)
    const own = await takenOver(forRun, context)
    expect(own).toEqual({ ...forRun, runner: undefined, plan: { ...forRun.plan, serving: plannedServing } })
    expect(readLab(context.paths, 'one')).toEqual(own)
    await expect(takenOver(forRun, { ...context, processes: fakeProcesses([9]) })).rejects.toMatchObject({
      code: 'lab.differs',
      message: 'There is a lab "one" already, and it is for a `labos run`, which ends it.',
    })
  })
})

describe('what earlier runs left', () => {
  const runner = (pid: number, owner = OWNER): { runner: { pid: number; startTime: string; owner: string } } => ({
    runner: { pid, startTime: `t${String(pid)}`, owner },
  })

  it('is ended first; labs of runs that go on, and of others, are not', async () => {
    const { context, run } = runWorld()
    await saveSomeLab(context.paths, 'killed', runner(99))
    await saveSomeLab(context.paths, 'going-on', runner(1))
    await saveSomeLab(context.paths, 'of-another', runner(99, 'ada@elsewhere'))
    await saveSomeLab(context.paths, 'stays')
    await run()
    expect(labNames(context.paths)).toEqual(['going-on', 'of-another', 'stays'])
  })

  it('keeps nobody from going on where it cannot be ended', async () => {
    const { context, run } = runWorld()
    await saveSomeLab(context.paths, 'killed', runner(99))
    await saveSomeKeeper(context.paths, 'killed')
    const { provider } = context
    const destroy: typeof provider.destroy = async (ref, signal) =>
      ref.port === 8484 ? [{ what: 'keeper process 7', remedy: 'kill -9 7' }] : provider.destroy(ref, signal)
    Object.assign(context, { provider: { ...provider, destroy } })
    const { errors } = await run()
    expect(errors).toEqual([])
    expect(context.events).toContainEqual({
      type: 'warning',
      text: 'Still there of "killed": keeper process 7. The record is kept.',
    })
  })
})
