import { describe, expect, it } from 'vitest'
import { cloudMachine, saveRentedLab, tagsOf } from '../../fakes/rented.js'
import { readRentedLab } from '../../../src/state/read.js'
import { saveSomeLab } from '../../fakes/context.js'
import { errorOf, request, world } from '../../fakes/up-rented.js'

describe('up again', () => {
  it('leaves a machine that runs as it is', async () => {
    const { up, cloud, context, specs } = world()
    await saveRentedLab(context.paths, { stepsDone: ['plan', 'machine', 'boot'] })
    cloud.machines = [cloudMachine()]
    expect(await up()).toMatchObject({ outcome: 'already-up', lab: { state: 'running' } })
    expect(specs).toEqual([])
  })

  it('goes on with a lab that has no machine yet, with the state refreshed', async () => {
    const { up, context, refreshed } = world()
    const { machine: _none, ...record } = await saveRentedLab(context.paths)
    await saveRentedLab(context.paths, { ...record, stepsDone: ['plan'] })
    expect(await up()).toMatchObject({ outcome: 'up', lab: { id: 'lab-00000000aa' } })
    expect(refreshed).toEqual([true])
  })

  it('makes another machine where the first has ended', async () => {
    const { up, context, cloud } = world()
    await saveRentedLab(context.paths, { stepsDone: ['plan', 'machine', 'boot'] })
    cloud.machines = [cloudMachine({ state: 'terminated' })]
    expect(await up()).toMatchObject({ outcome: 'up', lab: { state: 'running' } })
  })

  it('says how to start a machine that is stopped', async () => {
    const { up, context, cloud } = world()
    await saveRentedLab(context.paths, { stepsDone: ['plan', 'machine', 'boot'] })
    const { address: _none, ...stopped } = cloudMachine({ state: 'stopped', tags: tagsOf() })
    cloud.machines = [stopped]
    const error = await errorOf(up())
    expect(error).toMatchObject({ code: 'machine.state' })
    expect(error.suggestions[0]).toContain('labos start one')
  })

  it.each([
    ['another model', { wish: { ...request().wish, model: 'deepseek-coder-v2:236b' } }, /its model is/],
    [
      'another region',
      { wish: { ...request().wish, regions: ['eu-west-1'] }, typed: { regions: true, market: false } },
      /it is in us-east-1/,
    ],
    [
      'a price below its own',
      { wish: { ...request().wish, maxUsdPerHour: 0.5 } },
      /its machine alone costs \$1\.\d\d\/h, more than \$0\.50\/h/,
    ],
    ['another type', { wish: { ...request().wish, instanceTypes: ['g6.xlarge'] } }, /it is a g6e.xlarge/],
  ])('refuses %s', async (_, wish, text) => {
    const { up, context } = world()
    await saveRentedLab(context.paths, {})
    const error = await errorOf(up(wish))
    expect(error.code).toBe('lab.differs')
    expect(error.message).toMatch(text)
  })

  it('says of a deadline that stands, not of the one it was made with', async () => {
    const { up, context } = world()
    await saveRentedLab(context.paths, { expiresAt: '2026-01-01T07:00:00.000Z' })
    const error = await errorOf(up({ wish: { ...request().wish, ttlMs: 1000 } }))
    expect(error.message).toBe('There is a lab "one" already, and its deadline stands: 2026-01-01 07:00 UTC.')
    expect(error.suggestions[0]).toContain('Leave `--ttl` out')
  })

  it('takes the lab of a run over that was killed, and of no other', async () => {
    const { up, context, cloud } = world()
    const runner = (pid: number): object => ({ runner: { pid, startTime: `t${String(pid)}`, owner: context.owner } })
    await saveRentedLab(context.paths, runner(1))
    expect(await errorOf(up())).toMatchObject({ code: 'lab.differs' })
    await saveRentedLab(context.paths, { ...runner(99), stepsDone: ['plan', 'machine', 'boot'] })
    cloud.machines = [cloudMachine({ tags: tagsOf() })]
    expect(await up()).toMatchObject({ outcome: 'already-up' })
    expect(readRentedLab(context.paths, 'one')?.runner).toBeUndefined()
  })

  it('refuses the name of a lab on this computer', async () => {
    const { up, context } = world()
    await saveSomeLab(context.paths, 'one')
    expect(await errorOf(up())).toMatchObject({ code: 'lab.differs' })
  })

  it('touches nothing with the credentials of another account', async () => {
    const { up, context, specs } = world()
    await saveRentedLab(context.paths, { accountId: '999999999999' })
    const error = await errorOf(up())
    expect(error).toMatchObject({ code: 'aws.account' })
    expect(error.aftermath).toMatch(/Nothing was touched/)
    expect(specs).toEqual([])
  })
})
