/** Port 22 of the test cloud's machines. */
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { text } from 'node:stream/consumers'
import {
  DescribeInstancesCommand,
  type EC2Client,
  RunInstancesCommand,
  StartInstancesCommand,
  StopInstancesCommand,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2'
import { afterAll, beforeAll, beforeEach, expect, it, type TestContext } from 'vitest'
import { ec2Of } from '../cloud/clients.js'
import { type Cloud, startCloud } from '../cloud/cloud.js'
import type { InstanceRecord } from '../cloud/instances.js'
import { sshPorts } from '../cloud/ssh-port.js'

let cloud: Cloud
let ec2: EC2Client
const said: string[] = []

beforeAll(async () => {
  cloud = await startCloud({
    settings: { pendingMs: 0, shuttingDownMs: 60_000, sshDelayMs: 0 },
    log: (line) => said.push(line),
  })
  ec2 = ec2Of(cloud)
})
beforeEach(() => void Object.assign(cloud.settings, { ssh: true, sshDelayMs: 0, shuttingDownMs: 60_000 }))
afterAll(async () => {
  ec2.destroy()
  await cloud.close()
})

/** Whether this computer lets the cloud open port 22 on an address of its own. */
async function needsPort22(context: TestContext): Promise<void> {
  const server = createServer()
  const canListen = await new Promise<boolean>((resolve) =>
    server
      .once('error', () => resolve(false))
      .once('listening', () => server.close(() => resolve(true)))
      .listen(22, '127.19.0.1'),
  )
  if (!canListen) context.skip('this machine does not let the tests listen on port 22')
}

async function run(): Promise<string> {
  const wish = { ImageId: 'ami-12345678', InstanceType: 'g6e.xlarge', MinCount: 1, MaxCount: 1 } as const
  const { Instances } = await ec2.send(new RunInstancesCommand(wish))
  return Instances?.[0]?.InstanceId ?? ''
}

async function addressOf(id: string): Promise<string> {
  const { Reservations } = await ec2.send(new DescribeInstancesCommand({ InstanceIds: [id] }))
  return Reservations?.[0]?.Instances?.[0]?.PublicIpAddress ?? ''
}

/** What is said on port 22 first, or why nothing is. */
async function greeting(host: string): Promise<string> {
  const socket = connect({ host, port: 22 })
  try {
    return String((await once(socket, 'data'))[0])
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? ''
  } finally {
    socket.destroy()
  }
}

const BANNER = 'SSH-2.0-labos-test-cloud\r\n'

it('is open while the machine runs, hangs up when it stops, and is open elsewhere after the next start', async (context) => {
  await needsPort22(context)
  const id = await run()
  const address = await addressOf(id)
  expect(await greeting(address)).toBe(BANNER)
  const held = connect({ host: address, port: 22 })
  await once(held, 'data')
  const rest = text(held)
  await ec2.send(new StopInstancesCommand({ InstanceIds: [id] }))
  expect(await rest).toBe('')
  expect(await greeting(address)).toBe('ECONNREFUSED')
  cloud.settings.shuttingDownMs = 0
  await ec2.send(new StartInstancesCommand({ InstanceIds: [id] }))
  const next = await addressOf(id)
  expect(next).not.toBe(address)
  expect(await greeting(next)).toBe(BANNER)
  await ec2.send(new TerminateInstancesCommand({ InstanceIds: [id] }))
  expect(await greeting(next)).toBe('ECONNREFUSED')
})

it('opens by itself when its time has come', async (context) => {
  await needsPort22(context)
  cloud.settings.sshDelayMs = 60_000
  const address = await addressOf(await run())
  expect(await greeting(address)).toBe('ECONNREFUSED')
  cloud.settings.sshDelayMs = 0
  await expect.poll(() => greeting(address), { interval: 5 }).toBe(BANNER)
})

it('stays shut where it is switched off', async () => {
  cloud.settings.ssh = false
  expect(await greeting(await addressOf(await run()))).toBe('ECONNREFUSED')
})

it('is shut with the cloud', async (context) => {
  await needsPort22(context)
  const address = await addressOf(await run())
  expect(await greeting(address)).toBe(BANNER)
  await cloud.close()
  expect(await greeting(address)).toBe('ECONNREFUSED')
  expect(said).toEqual([])
})

it('is said once where it cannot be opened, and then left alone', async () => {
  const record: Omit<InstanceRecord, 'address'> = {
    id: 'i-1',
    region: 'us-east-1',
    instanceType: 'g6e.xlarge',
    isSpot: false,
    groups: [],
    wish: '',
    goal: 'running',
    sinceMs: 0,
    launchedAt: '',
  }
  const elsewhere = ['192.0.2.1', '192.0.2.2'].map((address) => [address, { ...record, address }] as const)
  const records = new Map(elsewhere)
  const ports = sshPorts({ records, settings: cloud.settings, now: () => 1e6 }, (line) => said.push(line))
  ports.look()
  await expect.poll(() => said, { interval: 5 }).toHaveLength(1)
  ports.look()
  ports.close()
  expect(said).toEqual([expect.stringContaining('do not answer on port 22')])
})
