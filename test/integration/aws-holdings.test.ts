/** The real SDK against the test cloud: what labos holds there, and how all of it is given back. */
import { DescribeInstancesCommand, EC2Client } from '@aws-sdk/client-ec2'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { ClientSettings } from '../../src/adapters/aws/clients.js'
import { fetchHandler } from '../../src/adapters/aws/fetch-handler.js'
import { holdingsPort } from '../../src/adapters/aws/holdings.js'
import { retries } from '../../src/adapters/aws/retries.js'
import { systemClock } from '../../src/adapters/system-clock.js'
import type { Holding, Holdings, OpenAws } from '../../src/cloud-ports.js'
import { destroyLab, type DestroyWish } from '../../src/teardown/destroy-lab.js'
import type { LabosEvent } from '../../src/ui/events.js'
import { type Cloud, startCloud } from '../cloud/cloud.js'
import { fakeAws } from '../fakes/aws.js'
import { makeLab, makeThings } from '../fakes/cloud-lab.js'

const signal = new AbortController().signal
const undo: (() => void)[] = []
const nothing = (): void => undefined
let cloud: Cloud
let ec2: EC2Client
let holdings: Holdings
let labs = 0

const settings = (region: string): ClientSettings => ({
  requestHandler: fetchHandler(globalThis.fetch, 5000),
  retryStrategy: retries(5),
  logger: { trace: nothing, debug: nothing, info: nothing, warn: nothing, error: nothing },
  credentials: async () => ({ accessKeyId: 'test', secretAccessKey: 'test' }),
  region,
})
const holdingsIn = (region: string): Holdings => holdingsPort(new EC2Client(settings(region)), settings(region))
const aws: OpenAws = async (region) => fakeAws({ holdings: holdingsIn(region) })
const newId = (): string => `lab-test${String((labs += 1))}`

beforeAll(async () => {
  cloud = await startCloud()
  Object.assign(process.env, cloud.env, { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' })
  ec2 = new EC2Client(settings('us-east-1'))
  holdings = holdingsIn('us-east-1')
})

afterEach(() => {
  Object.assign(cloud.settings, { pendingMs: 0, shuttingDownMs: 0, notFoundMs: 0 })
  for (const each of undo.splice(0)) each()
})

afterAll(() => cloud.close())

const kinds = (found: readonly Holding[]): string[] => found.map(({ kind }) => kind).sort()

async function until(state: string, id: string): Promise<void> {
  while ((await holdings.machine(id, signal))?.state !== state) await systemClock.sleep(10)
}

describe('what is held', () => {
  it('is found by tag: machine, disk, group, address, and nothing of others', async () => {
    const labId = newId()
    const { machineId, groupId } = await makeLab(ec2, { labId, tags: { 'labos:expires-at': '2026-01-01T04:00:00Z' } })
    await makeThings(ec2, { labId })
    await makeLab(ec2, { labId: newId() })
    await until('running', machineId)
    const found = await holdings.list(labId, signal)
    expect(kinds(found)).toEqual(['address', 'machine', 'security-group', 'volume', 'volume'])
    expect(found.find(({ kind }) => kind === 'machine')).toMatchObject({
      id: machineId,
      region: 'us-east-1',
      state: 'running',
      tags: { 'labos:lab': labId, 'labos:expires-at': '2026-01-01T04:00:00Z' },
      machine: {
        id: machineId,
        instanceType: 'g6e.xlarge',
        market: 'on-demand',
        zone: expect.stringMatching(/^us-east-1[a-f]$/) as string,
        address: expect.stringMatching(/^127\./) as string,
        launchedAt: expect.stringMatching(/^20\d\d-.*Z$/) as string,
      },
    })
    expect(found.find(({ kind }) => kind === 'security-group')?.id).toBe(groupId)
    expect(found.flatMap(({ sizeGB }) => sizeGB ?? []).sort()).toEqual([10, 120])
    const all = await holdings.list(undefined, signal)
    expect(new Set(all.map(({ tags }) => tags['labos:lab']))).toContain(labId)
    expect(all.length).toBeGreaterThan(found.length)
    expect(await holdingsIn('eu-west-1').list(labId, signal)).toEqual([])
  })

  it('is a machine until it has ended, then none; an id that never was is none either', async () => {
    const labId = newId()
    cloud.settings.shuttingDownMs = 60_000
    const { machineId } = await makeLab(ec2, { labId, isSpot: true })
    expect(await holdings.machine(machineId, signal)).toMatchObject({ market: 'spot' })
    await holdings.terminate(machineId, signal)
    await holdings.terminate(machineId, signal)
    expect((await holdings.list(labId, signal)).find(({ kind }) => kind === 'machine')?.state).toBe('shutting-down')
    cloud.settings.shuttingDownMs = 0
    expect(kinds(await holdings.list(labId, signal))).not.toContain('machine')
    expect(await holdings.machine(machineId, signal)).toMatchObject({ state: 'terminated' })
    expect(await holdings.machine('i-0123456789abcdef0', signal)).toBeUndefined()
    await holdings.terminate('i-0123456789abcdef0', signal)
  })

  it('stops, starts with another address, and takes tags', async () => {
    const { machineId } = await makeLab(ec2, { labId: newId() })
    await until('running', machineId)
    const before = await holdings.machine(machineId, signal)
    await holdings.stop(machineId, signal)
    await until('stopped', machineId)
    expect((await holdings.machine(machineId, signal))?.address).toBeUndefined()
    await holdings.tag(machineId, { 'labos:expires-at': '2027-01-01T00:00:00Z', 'labos:name': 'two' }, signal)
    await holdings.start(machineId, signal)
    await until('running', machineId)
    const after = await holdings.machine(machineId, signal)
    expect(after?.tags).toMatchObject({ 'labos:expires-at': '2027-01-01T00:00:00Z', 'labos:name': 'two' })
    expect(after?.address).not.toBe(before?.address)
  })

  it('asks for a start once: a refusal for want of machines is never repeated', async () => {
    const { machineId } = await makeLab(ec2, { labId: newId() })
    undo.push(cloud.fault({ action: 'StartInstances', kind: { error: 'InsufficientInstanceCapacity' } }))
    await expect(holdings.start(machineId, signal)).rejects.toMatchObject({ name: 'LabosError' })
    const starts = cloud.journal.filter(
      ({ action, params }) => action === 'StartInstances' && params['InstanceId.1'] === machineId,
    )
    expect(starts.length).toBe(1)
  })

  it.each([
    ['StartInstances', 'InsufficientInstanceCapacity', 'capacity.none'],
    ['StartInstances', 'VcpuLimitExceeded', 'quota.vcpu'],
    ['StartInstances', 'IncorrectInstanceState', 'machine.state'],
    ['StopInstances', 'UnsupportedOperation', 'machine.state'],
    ['TerminateInstances', 'OperationNotPermitted', 'machine.state'],
    ['DescribeVolumes', 'UnauthorizedOperation', 'aws.refused'],
    ['DescribeInstances', 'RequestExpired', 'aws.credentials'],
  ])('%s refused with %s is %s', async (action, error, code) => {
    undo.push(cloud.fault({ action, kind: { error } }))
    const asks = {
      StartInstances: () => holdings.start('i-1', signal),
      StopInstances: () => holdings.stop('i-1', signal),
      TerminateInstances: () => holdings.terminate('i-1', signal),
    }
    const ask = action in asks ? asks[action as keyof typeof asks] : () => holdings.list(undefined, signal)
    await expect(ask()).rejects.toMatchObject({ code })
  })

  it('is removed when nothing uses it any more, and removing it twice is no failure', async () => {
    const labId = newId()
    const { groupId, machineId } = await makeLab(ec2, { labId })
    await makeThings(ec2, { labId })
    expect(await holdings.remove({ kind: 'security-group', id: groupId }, signal)).toBe('in-use')
    const attached = (await holdings.list(labId, signal)).find(({ sizeGB }) => sizeGB === 120)
    expect(await holdings.remove({ kind: 'volume', id: attached?.id ?? '' }, signal)).toBe('in-use')
    expect(await holdings.remove({ kind: 'machine', id: machineId }, signal)).toBe('in-use')
    await until('terminated', machineId)
    const things = await holdings.list(labId, signal)
    expect(kinds(things)).toEqual(['address', 'security-group', 'volume'])
    for (const thing of [...things, ...things]) expect(await holdings.remove(thing, signal)).toBe('removed')
    expect(await holdings.list(labId, signal)).toEqual([])
    expect(await holdings.remove({ kind: 'network-interface', id: 'eni-0123456789abcdef0' }, signal)).toBe('removed')
  })
})

describe('a lab that is destroyed', () => {
  const events: LabosEvent[] = []
  const destroy = (wish: Partial<DestroyWish> & { labId: string }) =>
    destroyLab(
      { regions: ['us-east-1'], ...wish },
      { aws, clock: systemClock, emit: (event) => void events.push(event), price: () => 1.86 },
      signal,
    )

  it('leaves nothing, whatever it holds, in all its regions; a second time finds nothing', async () => {
    cloud.settings.shuttingDownMs = 200
    const labId = newId()
    const { machineId, groupId } = await makeLab(ec2, { labId })
    await makeThings(ec2, { labId })
    const elsewhere = new EC2Client(settings('eu-west-1'))
    await makeLab(elsewhere, { labId })
    const { removed, left, unknown } = await destroy({ labId, regions: ['us-east-1', 'eu-west-1'] })
    expect({ left, unknown }).toEqual({ left: [], unknown: [] })
    expect(removed.map(({ id }) => id)).toEqual(expect.arrayContaining([machineId, groupId]))
    expect(removed.length).toBe(8)
    expect((await holdings.machine(machineId, signal))?.state).toBe('terminated')
    expect(await destroy({ labId })).toEqual({ removed: [], left: [], unknown: [] })
  })

  it('ends the machine that the record names where its tags were taken off', async () => {
    const { machineId } = await makeLab(ec2, { labId: newId() })
    const { removed } = await destroy({ labId: newId(), machine: { id: machineId, region: 'us-east-1' } })
    expect(removed.map(({ id }) => id)).toEqual([machineId])
    expect((await holdings.machine(machineId, signal))?.state).toBe('terminated')
  })

  it('is told to end and not waited for with noWait', async () => {
    cloud.settings.shuttingDownMs = 60_000
    const labId = newId()
    const { machineId } = await makeLab(ec2, { labId })
    const { left } = await destroy({ labId, noWait: true })
    expect(left.find(({ id }) => id === machineId)).toMatchObject({ state: 'shutting-down', usdPerHour: 0 })
  })

  it('of which credentials expire in the middle is not called gone', async () => {
    const labId = newId()
    const { machineId } = await makeLab(ec2, { labId })
    undo.push(cloud.fault({ action: 'TerminateInstances', kind: { error: 'RequestExpired' } }))
    const { left, unknown } = await destroy({ labId })
    expect(left.find(({ id }) => id === machineId)).toMatchObject({ usdPerHour: 1.865 })
    expect(unknown).toMatchObject([{ region: 'us-east-1', error: { code: 'aws.credentials' } }])
    const { Reservations } = await ec2.send(new DescribeInstancesCommand({ InstanceIds: [machineId] }))
    expect(Reservations?.[0]?.Instances?.[0]?.State?.Name).toBe('running')
  })

  it.each(['before', 'after'] as const)('is destroyed though answers are cut %s they were carried out', async (cut) => {
    const labId = newId()
    await makeLab(ec2, { labId })
    for (const action of ['TerminateInstances', 'DescribeInstances', 'DeleteSecurityGroup'])
      undo.push(cloud.fault({ action, skip: 1, times: 1, kind: { cut } }))
    expect(await destroy({ labId })).toMatchObject({ left: [], unknown: [] })
    expect(await holdings.list(labId, signal)).toEqual([])
  })
})
