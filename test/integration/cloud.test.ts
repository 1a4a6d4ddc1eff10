/** The test cloud itself, asked with the real SDK: what moto lacks is there, and what is scripted happens. */
import {
  CreateSecurityGroupCommand,
  DeleteSecurityGroupCommand,
  DescribeInstancesCommand,
  DescribeRouteTablesCommand,
  EC2Client,
  RunInstancesCommand,
  type RunInstancesCommandInput,
  StartInstancesCommand,
  StopInstancesCommand,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { type Cloud, startCloud } from '../cloud/cloud.js'

let cloud: Cloud
let ec2: EC2Client
const undo: (() => void)[] = []

beforeAll(async () => {
  cloud = await startCloud({ settings: { pendingMs: 0, shuttingDownMs: 0, quotas: {} } })
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true'
  ec2 = new EC2Client({
    endpoint: cloud.url,
    region: 'us-east-1',
    maxAttempts: 1,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  })
})

afterEach(() => {
  Object.assign(cloud.settings, { pendingMs: 0, shuttingDownMs: 0, notFoundMs: 0, addressLateMs: 0 })
  for (const each of undo.splice(0)) each()
})

afterAll(async () => {
  ec2.destroy()
  await cloud.close()
})

const wish = (more: Partial<RunInstancesCommandInput> = {}): RunInstancesCommandInput => ({
  ImageId: 'ami-12345678',
  InstanceType: 'g6e.xlarge',
  MinCount: 1,
  MaxCount: 1,
  InstanceInitiatedShutdownBehavior: 'terminate',
  ...more,
})

const run = async (more: Partial<RunInstancesCommandInput> = {}) => {
  const { Instances } = await ec2.send(new RunInstancesCommand(wish(more)))
  return Instances?.[0]?.InstanceId ?? ''
}

const look = async (id: string, states?: string[]) => {
  const filters = states ? { Filters: [{ Name: 'instance-state-name', Values: states }] } : { InstanceIds: [id] }
  const { Reservations } = await ec2.send(new DescribeInstancesCommand(filters))
  return (Reservations ?? []).flatMap(({ Instances }) => Instances ?? []).find(({ InstanceId }) => InstanceId === id)
}

it('takes its time: pending, then running with a loopback address, shutting down, then terminated', async () => {
  Object.assign(cloud.settings, { pendingMs: 60_000, shuttingDownMs: 60_000 })
  const id = await run()
  expect(await look(id)).toMatchObject({ State: { Name: 'pending' } })
  expect((await look(id))?.PublicIpAddress).toBeUndefined()
  cloud.settings.pendingMs = 0
  const running = await look(id, ['running'])
  expect(running?.PublicIpAddress).toMatch(/^127\./)
  await ec2.send(new TerminateInstancesCommand({ InstanceIds: [id] }))
  expect(await look(id)).toMatchObject({ State: { Name: 'shutting-down' } })
  expect(await look(id, ['running', 'pending'])).toBeUndefined()
  cloud.settings.shuttingDownMs = 0
  expect(await look(id)).toMatchObject({ State: { Name: 'terminated' } })
})

it('gives the same machine for the same token, and refuses the token for another wish or after the end', async () => {
  const id = await run({ ClientToken: 'one' })
  expect(await run({ ClientToken: 'one' })).toBe(id)
  await expect(run({ ClientToken: 'one', InstanceType: 'g6.xlarge' })).rejects.toMatchObject({
    name: 'IdempotentParameterMismatch',
  })
  expect(await run({ ClientToken: 'two' })).not.toBe(id)
  await ec2.send(new TerminateInstancesCommand({ InstanceIds: [id] }))
  await expect(run({ ClientToken: 'one' })).rejects.toMatchObject({ name: 'IdempotentInstanceTerminated' })
})

it('filters by state together with other filters, in any order', async () => {
  const id = await run({ TagSpecifications: [{ ResourceType: 'instance', Tags: [{ Key: 'one', Value: 'of two' }] }] })
  await run()
  const filters = [
    { Name: 'instance-state-name', Values: ['running', 'pending'] },
    { Name: 'tag-key', Values: ['one'] },
    { Name: 'instance-type', Values: ['g6e.xlarge'] },
  ]
  for (const Filters of [filters, [...filters].reverse()]) {
    const { Reservations } = await ec2.send(new DescribeInstancesCommand({ Filters }))
    expect((Reservations ?? []).flatMap(({ Instances }) => Instances?.map((one) => one.InstanceId))).toEqual([id])
  }
})

it('may not know of a new machine yet', async () => {
  cloud.settings.notFoundMs = 60_000
  const id = await run()
  await expect(look(id)).rejects.toMatchObject({ name: 'InvalidInstanceID.NotFound' })
  expect(await look(id, ['pending', 'running'])).toBeUndefined()
  cloud.settings.notFoundMs = 0
  expect(await look(id)).toBeDefined()
})

it('terminates twice as once', async () => {
  const id = await run({
    NetworkInterfaces: [{ DeviceIndex: 0, AssociatePublicIpAddress: true, DeleteOnTermination: true }],
  })
  const end = () => ec2.send(new TerminateInstancesCommand({ InstanceIds: [id] }))
  await end()
  expect((await end()).TerminatingInstances).toMatchObject([{ InstanceId: id, CurrentState: { Name: 'terminated' } }])
})

it('stops and starts with another address, and refuses to start what is gone', async () => {
  const id = await run()
  const { PublicIpAddress: before, LaunchTime: first } = (await look(id)) ?? {}
  await ec2.send(new StopInstancesCommand({ InstanceIds: [id] }))
  expect((await look(id))?.PublicIpAddress).toBeUndefined()
  await ec2.send(new StartInstancesCommand({ InstanceIds: [id] }))
  expect((await look(id))?.PublicIpAddress).not.toBe(before)
  expect((await look(id))?.LaunchTime?.getTime()).toBeGreaterThan(first?.getTime() ?? Infinity)
  await ec2.send(new TerminateInstancesCommand({ InstanceIds: [id] }))
  await expect(ec2.send(new StartInstancesCommand({ InstanceIds: [id] }))).rejects.toMatchObject({
    name: 'IncorrectInstanceState',
  })
})

it('does not stop a one-time spot machine', async () => {
  const id = await run({ InstanceMarketOptions: { MarketType: 'spot' } })
  await expect(ec2.send(new StopInstancesCommand({ InstanceIds: [id] }))).rejects.toMatchObject({
    name: 'UnsupportedOperation',
  })
})

it('keeps a group while a machine uses it', async () => {
  const group = await ec2.send(new CreateSecurityGroupCommand({ GroupName: 'lab', Description: 'a lab' }))
  const id = await run({ SecurityGroupIds: [group.GroupId ?? ''] })
  const drop = () => ec2.send(new DeleteSecurityGroupCommand({ GroupId: group.GroupId }))
  await expect(drop()).rejects.toMatchObject({ name: 'DependencyViolation' })
  await ec2.send(new TerminateInstancesCommand({ InstanceIds: [id] }))
  await drop()
})

it('takes 16 KB of user data and no more', async () => {
  const ofBytes = (bytes: number) => run({ UserData: Buffer.alloc(bytes, 'x').toString('base64') })
  expect(await ofBytes(16_384)).toMatch(/^i-/)
  await expect(ofBytes(16_385)).rejects.toMatchObject({ name: 'InvalidParameterValue' })
})

it('has a public network in each region', async () => {
  const { RouteTables } = await ec2.send(new DescribeRouteTablesCommand({}))
  const ways = (RouteTables ?? []).flatMap(({ Routes }) => Routes ?? [])
  expect(ways.some(({ GatewayId }) => GatewayId?.startsWith('igw-'))).toBe(true)
})

it('refuses as scripted: so often, this type only, with the status that AWS gives', async () => {
  undo.push(
    cloud.fault({
      action: 'RunInstances',
      instanceType: 'g6e.xlarge',
      skip: 1,
      times: 1,
      kind: { error: 'InsufficientInstanceCapacity' },
    }),
  )
  expect(await run()).toMatch(/^i-/)
  expect(await run({ InstanceType: 'g6.xlarge' })).toMatch(/^i-/)
  await expect(run()).rejects.toMatchObject({
    name: 'InsufficientInstanceCapacity',
    $metadata: { httpStatusCode: 500 },
  })
  expect(await run()).toMatch(/^i-/)
  expect(cloud.journal.at(-2)).toMatchObject({
    action: 'RunInstances',
    status: 500,
    code: 'InsufficientInstanceCapacity',
  })
})

it('loses an answer on the way: the machine is there all the same', async () => {
  undo.push(cloud.fault({ action: 'RunInstances', times: 1, kind: { cut: 'after' } }))
  await expect(run({ ClientToken: 'lost' })).rejects.toThrow()
  const id = await run({ ClientToken: 'lost' })
  expect(await look(id)).toBeDefined()
  expect(cloud.journal.filter(({ phase }) => phase === 'cut')).toHaveLength(1)
})
