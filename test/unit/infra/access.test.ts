import { describe, expect, it } from 'vitest'
import { accessHandler, groupName } from '../../../infra/access.js'
import type { Call, Handler } from '../../../infra/provider/handler.js'
import type { AccessInputs } from '../../../infra/spec.js'
import { fakeClock, type FakeClock } from '../../fakes/clock.js'
import { caught } from '../../fakes/climbing.js'
import { whileTimePasses } from '../../fakes/context.js'
import { accessWish, type FakeEc2, fakeEc2, type FakeEc2Wish } from '../../fakes/ec2-calls.js'

interface Bench {
  readonly handler: Handler
  readonly ec2: FakeEc2
  readonly time: FakeClock
  readonly call: Call
  readonly cancel: () => void
}

function bench(wish: FakeEc2Wish = {}): Bench {
  const ec2 = fakeEc2(wish)
  const time = fakeClock()
  const over = new AbortController()
  const call = { signal: over.signal, say: () => undefined }
  return { handler: accessHandler(async () => ec2, time), ec2, time, call, cancel: () => over.abort() }
}

const home = '192.0.2.1/32'
const cafe = '198.51.100.0/24'
const wished = accessWish()
const create = ({ handler, call }: Bench, more: Partial<AccessInputs> = {}): ReturnType<Handler['create']> =>
  handler.create({ ...wished, ...more }, call)

describe('who may reach the machine', () => {
  it('is a group of a name that no second one can have, with its rules', async () => {
    const lab = bench()
    const made = await create(lab, { ingress: [home, cafe] })
    expect(made).toEqual({ id: 'sg-1', state: { ...wished, ingress: [home, cafe] } })
    expect(lab.ec2.log).toEqual(['groupsOf', `createGroup ${groupName('lab-1')}`, `allow ${home}`, `allow ${cafe}`])
  })

  it('is the group that is there, with the rules that are wished for now', async () => {
    const lab = bench()
    lab.ec2.groups.set('sg-7', { id: 'sg-7', vpcId: 'vpc-default', ingress: [home] })
    expect((await create(lab, { ingress: [cafe] })).id).toBe('sg-7')
    expect(lab.ec2.groups.get('sg-7')?.ingress).toEqual([cafe])
    expect([...lab.ec2.groups.keys()]).toEqual(['sg-7'])
  })

  it('is not a group in another network', async () => {
    const lab = bench()
    lab.ec2.groups.set('sg-7', { id: 'sg-7', vpcId: 'vpc-other', ingress: [] })
    expect((await create(lab)).id).not.toBe('sg-7')
    const { vpcId: _vpcId, ...anywhere } = wished
    const other = bench()
    other.ec2.groups.set('sg-7', { id: 'sg-7', vpcId: 'vpc-other', ingress: [] })
    expect((await other.handler.create(anywhere, other.call)).id).toBe('sg-7')
  })

  it('is the group of a request whose answer was lost', async () => {
    const lab = bench({ onCreateGroup: () => 'lost' })
    expect((await create(lab)).id).toBe('sg-1')
    expect(lab.ec2.groups.get('sg-1')?.ingress).toEqual([home])
  })

  it.each(['InvalidGroup.Duplicate', 'SecurityGroupLimitExceeded', 'UnauthorizedOperation'])(
    'is none where EC2 says %s',
    async (code) => {
      const error = await caught(create(bench({ onCreateGroup: () => code })))
      expect(error).toMatchObject({ name: 'Ec2Refusal', code, permission: 'ec2:CreateSecurityGroup' })
      expect(String(error)).toContain('"region":"us-east-1"')
    },
  )

  it('changes in place', async () => {
    const lab = bench()
    const { id } = await create(lab)
    await lab.handler.update(id, { ...wished }, { ...wished, ingress: [cafe] }, lab.call)
    expect(lab.ec2.groups.get(id)?.ingress).toEqual([cafe])
    expect(lab.handler.diff({ ...wished }, { ...wished, ingress: [cafe] })).toEqual({
      changes: ['ingress'],
      replaces: [],
    })
  })

  it('is another group in another lab, region or network, and not where the network could not be read', () => {
    const { handler } = bench()
    for (const name of ['labId', 'region', 'vpcId'])
      expect(handler.diff({ ...wished }, { ...wished, [name]: 'other' })).toEqual({ changes: [name], replaces: [name] })
    const { vpcId: _vpcId, ...anywhere } = wished
    const none = { changes: [], replaces: [] }
    expect(handler.diff({ ...wished }, { ...anywhere, tags: {} })).toEqual(none)
    expect(handler.diff({ ...anywhere }, { ...wished })).toEqual(none)
  })

  it('is read as it is, so that what was changed by hand is mended; or gone', async () => {
    const lab = bench()
    const { id } = await create(lab)
    lab.ec2.groups.set(id, { id, vpcId: 'vpc-default', ingress: [] })
    const seen = await lab.handler.read(id, { ...wished }, lab.call)
    expect(seen).toEqual({ id, state: { ...wished, ingress: [] } })
    expect(lab.handler.diff(seen?.state ?? {}, { ...wished }).changes).toEqual(['ingress'])
    lab.ec2.groups.clear()
    expect(await lab.handler.read(id, { ...wished }, lab.call)).toBeUndefined()
  })

  it('is given back when nothing is in it any more', async () => {
    const lab = bench({ onDeleteGroup: (index) => (index < 5 ? 'in-use' : 'deleted') })
    const { id } = await create(lab)
    await whileTimePasses(lab.time, lab.handler.delete(id, { ...wished }, lab.call), 1000)
    expect([lab.ec2.groups.size, lab.ec2.log.filter((line) => line.startsWith('deleteGroup')).length]).toEqual([0, 6])
  })

  it('is not called given back while something is in it', async () => {
    const lab = bench({ onDeleteGroup: () => 'in-use' })
    const late = whileTimePasses(lab.time, caught(lab.handler.delete('sg-1', { ...wished }, lab.call)), 5000)
    expect(await late).toMatchObject({ message: 'sg-1 is still in use' })
    expect(lab.time.monotonicMs()).toBeGreaterThan(900_000)
    lab.cancel()
    expect(await caught(lab.handler.delete('sg-1', { ...wished }, lab.call))).toMatchObject({
      message: 'sg-1 is still in use',
    })
  })

  it.each([
    ['ingress', ['0.0.0.0']],
    ['ingress', 'everybody'],
    ['labId', ''],
    ['region', 7],
  ])('%s: %j is no right value', (property, value) => {
    expect(
      bench()
        .handler.check({ ...wished, [property]: value })
        .map((failure) => failure.property),
    ).toEqual([property])
    expect(bench().handler.check({ ...wished })).toEqual([])
  })
})
