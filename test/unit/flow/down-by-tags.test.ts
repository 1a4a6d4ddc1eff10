import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { downLabs } from '../../../src/flow/down-labs.js'
import { labPaths } from '../../../src/state/paths.js'
import { readRentedLab } from '../../../src/state/read.js'
import { fakeContext, saveSomeLab } from '../../fakes/context.js'
import { downWish, downWorld, type DownWorld, failureOf } from '../../fakes/down-world.js'
import { cloudMachine, expired, refusal, saveRentedLab, tagsOf } from '../../fakes/rented.js'

const notFound = { name: 'one', outcome: 'not-found', usd: 0, purged: [] }
const never = new AbortController().signal
const unrecorded = (more: Parameters<typeof fakeContext>[0] = {}): Promise<DownWorld> => downWorld(null, more)

describe('down without a record', () => {
  it('finds a lab by its name or its id, in every region, and ends it', async () => {
    for (const named of ['one', 'lab-00000000aa']) {
      const { down, stack, cloud } = await unrecorded()
      const { labs, failures } = await down({ named })
      expect(failures).toEqual([])
      expect(labs).toMatchObject([
        { name: 'one', id: 'lab-00000000aa', outcome: 'removed', usdIs: 'estimate', removed: [{ id: 'i-1' }, {}, {}] },
      ])
      expect(labs[0]?.usd).toBeGreaterThan(1.8)
      expect(stack).toEqual(['forget one lab-00000000aa'])
      expect(cloud.things).toEqual([])
      expect([...cloud.asked.keys()]).toEqual(expect.arrayContaining(['list eu-west-1', 'list us-east-1']))
      expect(cloud.asked.has('list me-south-1')).toBe(false)
    }
  })

  it('looks in the regions that were named, and nowhere else', async () => {
    const { down, cloud } = await unrecorded()
    await expect(down({ named: 'one', regions: ['eu-west-1'] })).rejects.toMatchObject({ code: 'lab.unknown' })
    expect(cloud.asked.has('list us-east-1')).toBe(false)
  })

  it('asks which one is meant where two have the name', async () => {
    const { down, cloud } = await unrecorded()
    cloud.machines.push(cloudMachine({ id: 'i-2', tags: tagsOf({ 'labos:lab': 'lab-00000000bb' }) }))
    await expect(down()).rejects.toMatchObject({
      code: 'lab.ambiguous',
      message: 'There are 2 labs "one" in AWS: lab-00000000aa in us-east-1; lab-00000000bb in us-east-1.',
    })
    expect(cloud.changes).toEqual([])
  })

  it('never ends a lab of another user by its name alone, but by its id', async () => {
    const tags = tagsOf({ 'labos:owner': 'bob@elsewhere' })
    const { down, cloud } = await unrecorded()
    cloud.machines = [cloudMachine({ tags })]
    cloud.things = []
    await expect(down()).rejects.toMatchObject({
      code: 'lab.unknown',
      suggestions: expect.arrayContaining([
        'Of bob@elsewhere there is one, in us-east-1; to end it, give its id: `labos down lab-00000000aa`.',
      ]) as string[],
    })
    expect(await down({ named: 'one', ignoreNotFound: true })).toEqual({ labs: [notFound], failures: [] })
    expect(cloud.changes).toEqual([])
    expect((await down({ named: 'lab-00000000aa' })).labs).toMatchObject([{ outcome: 'removed' }])
  })

  it.each([true, false])('asks at a terminal about another user’s: %s', async (yes) => {
    const prompt = { confirm: async () => yes, select: () => Promise.reject(new Error('no')) }
    const { down, cloud } = await unrecorded({ prompt })
    cloud.machines = [cloudMachine({ tags: tagsOf({ 'labos:owner': 'bob@elsewhere' }) })]
    cloud.things = []
    await down({ named: 'one', ignoreNotFound: true })
    expect(cloud.machines[0]?.state).toBe(yes ? 'terminated' : 'running')
  })

  it('is not a success where a region does not answer: what is there is not known', async () => {
    const { down, cloud } = await unrecorded()
    cloud.fail('list eu-west-1', refusal('aws.refused', 'AWS refuses ec2:DescribeInstances in eu-west-1.'))
    const { labs, failures } = await down()
    expect(labs).toMatchObject([{ outcome: 'removed' }])
    expect(failures).toMatchObject([
      {
        code: 'teardown.incomplete',
        message: 'What is left in eu-west-1 is not known: AWS refuses ec2:DescribeInstances in eu-west-1.',
      },
    ])
    expect((await down({ named: 'one', ignoreNotFound: true })).failures.length).toBe(1)
  })

  it('asks nobody who has nothing to do with AWS', async () => {
    const context = fakeContext()
    const wish = downWish({ named: 'one' })
    expect(await downLabs({ ...wish, ignoreNotFound: true }, context, never)).toEqual({
      labs: [notFound],
      failures: [],
    })
    await expect(downLabs(wish, context, never)).rejects.toMatchObject({
      message: expect.stringContaining('AWS was not asked') as string,
    })
  })

  it('forgets nothing under a name that no lab can have, or that another lab here has', async () => {
    const { down, stack, cloud, context } = await unrecorded()
    cloud.machines = [cloudMachine({ tags: tagsOf({ 'labos:name': '../../etc\u001B[2J' }) })]
    cloud.things = []
    expect((await down({ named: 'lab-00000000aa' })).labs).toMatchObject([{ name: '../../etc[2J' }])
    await saveRentedLab(context.paths, { id: 'lab-00000000cc', regions: [] })
    cloud.machines = [cloudMachine()]
    await down({ named: 'lab-00000000aa' })
    expect(stack).toEqual([])
    expect(readRentedLab(context.paths, 'one')?.id).toBe('lab-00000000cc')
  })
})

describe('down of several', () => {
  it('by run ends those with and without a record, and no other', async () => {
    const { down, cloud, context } = await downWorld({ runId: '77' })
    const tags = tagsOf({ 'labos:lab': 'lab-00000000bb', 'labos:name': 'two', 'labos:run': '77' })
    cloud.machines.push(cloudMachine({ id: 'i-2', tags }))
    cloud.machines.push(cloudMachine({ id: 'i-3', tags: tagsOf({ 'labos:lab': 'lab-00000000cc' }) }))
    await saveRentedLab(context.paths, { name: 'three', id: 'lab-00000000cc', runId: '78' })
    const { labs } = await down({ runId: '77' })
    expect(labs.map(({ id }) => id)).toEqual(['lab-00000000aa', 'lab-00000000bb'])
    expect(cloud.machines.map(({ id, state }) => [id, state])).toEqual([
      ['i-1', 'terminated'],
      ['i-2', 'terminated'],
      ['i-3', 'running'],
    ])
  })

  it('by run ends local ones too, and asks no cloud where nothing speaks of one', async () => {
    const { down, cloud, context } = await downWorld(null)
    await saveSomeLab(context.paths, 'local', { runId: '77' })
    await saveSomeLab(context.paths, 'other', { runId: '78' })
    Object.assign(context, { env: {} })
    expect((await down({ runId: '77' })).labs).toMatchObject([{ name: 'local', outcome: 'removed' }])
    await expect(down({ runId: '77' })).rejects.toThrow('AWS was not asked: nothing here says that you use it.')
    expect((await down({ runId: '77', ignoreNotFound: true })).labs).toEqual([])
    expect([...cloud.asked.keys()]).toEqual([])
  })

  it('by run ends what is known where the cloud cannot be searched, and says that there may be more', async () => {
    const { down, cloud, context } = await downWorld(null)
    await saveSomeLab(context.paths, 'local', { runId: '77' })
    cloud.fail('regions', expired())
    const { labs, failures } = await down({ runId: '77' })
    expect([labs, failures]).toMatchObject([[{ name: 'local' }], [{ code: 'teardown.incomplete', exit: 9 }]])
    await expect(down({ runId: '77' })).rejects.toMatchObject({ code: 'aws.credentials' })
  })

  it('ends all of this computer with --all, and all of this user with --all-regions', async () => {
    const { down, cloud, context } = await downWorld()
    await saveSomeLab(context.paths, 'local')
    const other = tagsOf({ 'labos:lab': 'lab-00000000bb', 'labos:name': 'two' })
    const foreign = tagsOf({ 'labos:lab': 'lab-00000000cc', 'labos:owner': 'bob@elsewhere' })
    cloud.machines.push(cloudMachine({ id: 'i-2', tags: other }), cloudMachine({ id: 'i-3', tags: foreign }))
    expect((await down({ all: true })).labs.map(({ name }) => name)).toEqual(['local', 'one'])
    expect((await down({ all: true, allRegions: true })).labs.map(({ name }) => name)).toEqual(['two'])
    expect(cloud.machines.map(({ state }) => state)).toEqual(['terminated', 'terminated', 'running'])
  })

  it('asks before it ends several, where there is a terminal', async () => {
    const { down, context } = await downWorld()
    await saveSomeLab(context.paths, 'local')
    const asked: string[] = []
    let answer = false
    const confirm = async (question: string): Promise<boolean> => (asked.push(question), answer)
    Object.assign(context, { prompt: { confirm, select: () => Promise.reject(new Error('none')) } })
    await expect(down({ all: true })).rejects.toMatchObject({ code: 'interrupted' })
    expect(asked).toEqual(['End 2 labs: local, one?'])
    answer = true
    expect((await down({ all: true })).labs).toHaveLength(2)
    await saveSomeLab(context.paths, 'local')
    expect((await down({ all: true })).labs).toHaveLength(1)
    expect(asked).toHaveLength(2)
  })

  it('goes on when one fails', async () => {
    const { down, context } = await downWorld()
    await saveRentedLab(context.paths, { name: 'elsewhere', id: 'lab-00000000dd', accountId: '999999999999' })
    const { labs, failures } = await down({ all: true })
    expect(labs).toMatchObject([{ name: 'one', outcome: 'removed' }])
    expect(failures).toMatchObject([{ code: 'aws.account' }])
  })
})

describe('down --force of a damaged record', () => {
  it('finds the machine by its tags, by the id that can still be read', async () => {
    const { down, cloud, context } = await downWorld()
    const { record } = labPaths(context.paths, 'one')
    writeFileSync(record, readFileSync(record, 'utf8').slice(0, 400))
    cloud.machines.push(cloudMachine({ id: 'i-2', tags: tagsOf({ 'labos:lab': 'lab-00000000bb' }) }))
    const { labs } = await down({ named: 'one', force: true })
    expect(labs).toMatchObject([{ outcome: 'removed', usd: null, removed: [{ id: 'i-1' }, {}, {}] }])
    expect(cloud.machines.map(({ state }) => state)).toEqual(['terminated', 'running'])
  })

  it('is not called done when AWS cannot be asked', async () => {
    const it = await downWorld()
    const { record } = labPaths(it.context.paths, 'one')
    writeFileSync(record, '{"plan":{"provider":"aws"')
    it.cloud.fail('regions', expired())
    expect(await failureOf(it, { named: 'one', force: true })).toMatchObject({
      code: 'teardown.incomplete',
      message: 'Whether "one" has a machine in AWS is not known: The AWS session has expired (ExpiredToken).',
    })
    expect(existsSync(record)).toBe(true)
  })

  it('asks AWS nothing about a folder that holds none', async () => {
    const { context, down, cloud } = await unrecorded()
    mkdirSync(labPaths(context.paths, 'one').dir, { recursive: true })
    expect((await down()).labs).toMatchObject([{ outcome: 'removed' }])
    expect(cloud.asked.size).toBe(0)
  })
})
