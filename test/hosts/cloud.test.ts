/** Instances of the test cloud that are machines: what EC2's calls do to them, and they to what EC2 says. */
import {
  AuthorizeSecurityGroupIngressCommand,
  CreateSecurityGroupCommand,
  CreateTagsCommand,
  DescribeInstancesCommand,
  DescribeVolumesCommand,
  type EC2Client,
  GetConsoleOutputCommand,
  ImportKeyPairCommand,
  type Instance,
  RebootInstancesCommand,
  RevokeSecurityGroupIngressCommand,
  RunInstancesCommand,
  type RunInstancesCommandInput,
  StartInstancesCommand,
  StopInstancesCommand,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { ec2Of } from '../cloud/clients.js'
import type { Guest } from './guest.js'
import { greeting, type KeyPair, loginConfig, makeKey, ssh } from './ssh.js'
import { hostsSuite, hostsUnavailable } from './suite.js'

const { region, cloud } = hostsSuite()
let ec2: EC2Client
let id: string
let guest: Guest
let GroupId: string
let user: KeyPair
let host: KeyPair

const SLOW = { timeout: 60_000, interval: 100 }
const SSH = /^SSH-2\.0-OpenSSH/

beforeAll(async () => {
  if (hostsUnavailable() !== undefined) return
  ec2 = ec2Of(cloud())
  user = makeKey('user')
  host = makeKey('host')
  await ec2.send(new ImportKeyPairCommand({ KeyName: 'mine', PublicKeyMaterial: Buffer.from(makeKey('aws').public) }))
  const group = await ec2.send(new CreateSecurityGroupCommand({ GroupName: 'mine', Description: 'test' }))
  GroupId = group.GroupId ?? ''
  id = await launch({
    UserData: Buffer.from(loginConfig(host, user)).toString('base64'),
    InstanceInitiatedShutdownBehavior: 'terminate',
    SecurityGroupIds: [GroupId],
    KeyName: 'mine',
    MetadataOptions: { HttpTokens: 'required', InstanceMetadataTags: 'enabled' },
    TagSpecifications: [{ ResourceType: 'instance', Tags: [{ Key: 'labos:lab', Value: 'one' }] }],
  })
  guest = await region().guest(id)
  await guest.ready()
})
afterAll(() => {
  if (hostsUnavailable() === undefined) ec2.destroy()
})

async function launch(wish: Partial<RunInstancesCommandInput>): Promise<string> {
  const common = { ImageId: 'ami-12345678', InstanceType: 'g6e.xlarge', MinCount: 1, MaxCount: 1 } as const
  const { Instances } = await ec2.send(new RunInstancesCommand({ ...common, ...wish }))
  return Instances?.[0]?.InstanceId ?? ''
}

async function described(instanceId = id): Promise<Instance> {
  const { Reservations } = await ec2.send(new DescribeInstancesCommand({ InstanceIds: [instanceId] }))
  return Reservations?.[0]?.Instances?.[0] ?? {}
}

const stateOf = async (instanceId = id): Promise<string | undefined> => (await described(instanceId)).State?.Name
const addressNow = async (): Promise<string> => (await described()).PublicIpAddress ?? ''
const login = async () => ({ address: await addressNow(), user, hostKey: host.public })
const inside = async (script: string): Promise<string> => (await guest.exec(script)).stdout.trim()

const onPort22 = (CidrIp: string) => ({
  GroupId,
  IpPermissions: [{ IpProtocol: 'tcp', FromPort: 22, ToPort: 22, IpRanges: [{ CidrIp }] }],
})
const open = (cidr = `${region().caller}/32`) => ec2.send(new AuthorizeSecurityGroupIngressCommand(onPort22(cidr)))
const shut = (cidr = `${region().caller}/32`) => ec2.send(new RevokeSecurityGroupIngressCommand(onPort22(cidr)))

it('can be reached as its group says, from one call to the next', async () => {
  expect(await stateOf()).toBe('running')
  const address = await addressNow()
  expect(address).toMatch(/^198\.19\./)
  expect(await greeting(address)).toBe('silence')
  await open('203.0.113.0/24')
  expect(await greeting(address)).toBe('silence')
  await open()
  expect(await greeting(address, 22, 20_000)).toMatch(SSH)
  await shut()
  expect(await greeting(address)).toBe('silence')
  await open()
  expect(await ssh(await login(), 'hostname -s')).toMatchObject({ exitCode: 0 })
  expect(await greeting(address, 23)).toBe('silence')
})

it('reads its tags as they are now', async () => {
  const ask = `t=$(curl -sS -m 5 -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 60' http://169.254.169.254/latest/api/token)
for p in tags/instance/labos:lab tags/instance/labos:expires-at public-keys/0/openssh-key
do curl -s -m 5 -w ' %{http_code}\\n' -H "X-aws-ec2-metadata-token: $t" "http://169.254.169.254/latest/meta-data/$p"; done`
  expect(await inside(ask)).toMatch(/^one 200\n 404\nssh-ed25519 \S+ aws 200$/)
  await ec2.send(new CreateTagsCommand({ Resources: [id], Tags: [{ Key: 'labos:expires-at', Value: 'soon' }] }))
  expect(await inside(ask)).toMatch(/^one 200\nsoon 200\n/)
})

it('falls silent when the network is cut, and goes on when it is back', async () => {
  const address = await addressNow()
  await guest.cut()
  expect(await greeting(address)).toBe('silence')
  expect(await inside(`curl -s -m 2 http://${region().caller}:9; echo $?`)).toBe('28')
  expect(await inside('curl -s -m 20 -o /dev/null -w "%{http_code}" http://169.254.169.254/latest/meta-data')).toBe(
    '401',
  )
  await guest.restore()
  expect(await greeting(address, 22, 20_000)).toMatch(SSH)
})

it('boots again as the same machine', async () => {
  const before = await inside('cat /etc/machine-id; echo here >/opt/dlami/nvme/mine')
  const address = await addressNow()
  await ec2.send(new RebootInstancesCommand({ InstanceIds: [id] }))
  await expect.poll(() => guest.boots, SLOW).toBe(2)
  await guest.ready()
  expect(await inside('cat /etc/machine-id /opt/dlami/nvme/mine')).toBe(`${before}\nhere`)
  expect(await addressNow()).toBe(address)
  expect((await ssh(await login(), 'sudo systemctl reboot')).exitCode).not.toBe(1)
  await expect.poll(() => guest.boots, SLOW).toBe(3)
  await guest.ready()
  expect(await stateOf()).toBe('running')
})

it('stops and starts: another address, the same disk, an empty disk of its own', async () => {
  const address = await addressNow()
  await inside('echo stays >/opt/mine; echo goes >/opt/dlami/nvme/mine')
  await ec2.send(new StopInstancesCommand({ InstanceIds: [id] }))
  await expect.poll(stateOf, SLOW).toBe('stopped')
  expect(guest.state).toBe('off')
  expect(await addressNow()).toBe('')
  expect(await greeting(address)).toBe('silence')
  await ec2.send(new StartInstancesCommand({ InstanceIds: [id] }))
  await expect.poll(addressNow, SLOW).toMatch(/^198\.19\./)
  expect(await addressNow()).not.toBe(address)
  await expect.poll(async () => (await ssh(await login(), 'sudo cat /opt/mine')).stdout, SLOW).toBe('stays\n')
  expect(await inside('findmnt -n -o TARGET /opt/dlami/nvme; ls /opt/dlami/nvme')).toBe('/opt/dlami/nvme')
  expect(await greeting(address)).toBe('silence')
})

it('shows its console', async () => {
  const { Output = '' } = await ec2.send(new GetConsoleOutputCommand({ InstanceId: id }))
  expect(Buffer.from(Output, 'base64').toString()).toContain('Reached target')
})

it('is terminated, with its disk, when it powers off', async () => {
  await ssh(await login(), 'sudo systemctl poweroff')
  await expect.poll(stateOf, SLOW).toBe('terminated')
  expect(guest.state).toBe('off')
  await expect.poll(async () => (await ec2.send(new DescribeVolumesCommand({}))).Volumes, SLOW).toEqual([])
  expect(await cloud().leftovers()).toEqual([])
})

it('is stopped when it powers off and was launched so, and ends when it is told to, booted or not', async () => {
  const stops = await launch({ InstanceInitiatedShutdownBehavior: 'stop' })
  const other = await region().guest(stops)
  await expect.poll(async () => (await other.exec('systemctl poweroff')).exitCode, SLOW).toBe(0)
  await expect.poll(() => stateOf(stops), SLOW).toBe('stopped')
  await ec2.send(new StartInstancesCommand({ InstanceIds: [stops] }))
  await expect.poll(() => other.state, SLOW).toBe('running')
  await ec2.send(new TerminateInstancesCommand({ InstanceIds: [stops] }))
  await expect.poll(() => stateOf(stops), SLOW).toBe('terminated')
  expect(other.state).toBe('off')
})
