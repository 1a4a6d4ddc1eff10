/** `npm run cloud -- --hosts`: a machine to log in to, by what it prints alone, and nothing left of it afterwards. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { resolve } from 'node:path'
import { createInterface } from 'node:readline'
import {
  AuthorizeSecurityGroupIngressCommand,
  CreateSecurityGroupCommand,
  DescribeInstancesCommand,
  type EC2Client,
  RunInstancesCommand,
} from '@aws-sdk/client-ec2'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { ec2Of } from '../cloud/clients.js'
import { sweepDead } from './region.js'
import { greeting } from './ssh.js'
import { hostsUnavailable } from './suite.js'
import { traces } from './traces.js'

const SCRIPT = resolve(import.meta.dirname, '../../scripts/cloud.js')
const SLOW = { timeout: 90_000, interval: 200 }
let child: ChildProcess

beforeEach((context) => {
  const reason = hostsUnavailable()
  if (reason !== undefined) context.skip(reason)
})
afterEach(async () => {
  child.kill('SIGKILL')
  await sweepDead()
})

/** Resolves to the environment that it prints, once it says that all is printed. */
async function cloudOnHosts(): Promise<Record<string, string>> {
  const started = spawn(process.execPath, [SCRIPT, '--port', '0', '--hosts'], { stdio: ['ignore', 'pipe', 'pipe'] })
  child = started
  let said = ''
  started.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()))
  for await (const line of createInterface(started.stderr)) if (line.startsWith('Paste')) break
  const pairs = [...said.matchAll(/^export (\w+)=(.*)$/gm)].map(([, name = '', value = '']) => [name, value])
  return Object.fromEntries(pairs) as Record<string, string>
}

/** In a group that lets port 22 in. */
async function launchIn(ec2: EC2Client, CidrIp: string): Promise<string> {
  const { GroupId = '' } = await ec2.send(new CreateSecurityGroupCommand({ GroupName: 'mine', Description: 'test' }))
  const rule = { IpProtocol: 'tcp', FromPort: 22, ToPort: 22, IpRanges: [{ CidrIp }] }
  await ec2.send(new AuthorizeSecurityGroupIngressCommand({ GroupId, IpPermissions: [rule] }))
  const wish = { ImageId: 'ami-12345678', InstanceType: 'g6e.xlarge', MinCount: 1, MaxCount: 1 } as const
  const { Instances } = await ec2.send(new RunInstancesCommand({ ...wish, SecurityGroupIds: [GroupId] }))
  return Instances?.[0]?.InstanceId ?? ''
}

it('has machines that boot, and ends with all of them', async () => {
  const env = await cloudOnHosts()
  const ec2 = ec2Of({ env })
  const caller = env['LABOS_ALLOW_CIDR'] ?? ''
  expect(caller).toMatch(/^198\.18\.\d+\.1\/32$/)
  const run = (caller.split('.')[2] ?? '').padStart(3, '0')
  const id = await launchIn(ec2, caller)
  const greet = async (): Promise<string> => {
    const { Reservations } = await ec2.send(new DescribeInstancesCommand({ InstanceIds: [id] }))
    return greeting(Reservations?.[0]?.Instances?.[0]?.PublicIpAddress ?? '127.0.0.1')
  }
  await expect.poll(greet, SLOW).toMatch(/^SSH-2\.0-OpenSSH/)
  ec2.destroy()
  expect(await traces(run)).not.toEqual([])
  const ended = once(child, 'exit')
  child.kill('SIGTERM')
  expect(await ended).toEqual([0, null])
  expect(await traces(run)).toEqual([])
})
