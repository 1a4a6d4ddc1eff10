/** Labs whose `labos run` was killed. */
import { describe, expect, it } from 'vitest'
import { forgetOrphan, isOrphan } from '../../../src/flow/run/orphan.js'
import { takeLock } from '../../../src/state/lock.js'
import { lockPath } from '../../../src/state/paths.js'
import { labNames } from '../../../src/state/read.js'
import { fakeContext, fakeProcesses, saveSomeKeeper, saveSomeLab } from '../../fakes/context.js'
import { OWNER } from '../../fakes/rented.js'
import { runWorld } from '../../fakes/run-world.js'

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
    await saveSomeLab(context.paths, 'one')
    const never = new AbortController().signal
    const release = await takeLock(lockPath(context.paths, 'one'), { command: 'x', waitMs: 0 }, context, never)
    await expect(forgetOrphan(context.paths, 'one', context)).rejects.toMatchObject({ code: 'lab.busy' })
    expect(labNames(context.paths)).toEqual(['one'])
    await release()
    await forgetOrphan(context.paths, 'one', context)
    expect(labNames(context.paths)).toEqual([])
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
