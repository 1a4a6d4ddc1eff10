/**
 * A machine whose group lets in another address than this computer has: silent, let in, logged in to. And what labos does on it
 * from then on: its deadline moved and taken at once, its set-up begun again. Real SSH, real systemd, EC2's calls.
 */
import { mkdtempSync } from 'node:fs'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import {
  AuthorizeSecurityGroupIngressCommand,
  DescribeSecurityGroupsCommand,
  type EC2Client,
  RevokeSecurityGroupIngressCommand,
  RunInstancesCommand,
  CreateSecurityGroupCommand,
} from '@aws-sdk/client-ec2'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { awsOpener } from '../../src/adapters/aws/open-aws.js'
import { tcpReach } from '../../src/adapters/reach.js'
import { makeKeyPair } from '../../src/adapters/ssh/keys.js'
import { connectSsh } from '../../src/adapters/ssh/machine.js'
import { attachSsh } from '../../src/adapters/ssh/shell.js'
import { systemClock } from '../../src/adapters/system-clock.js'
import { labFiles } from '../../src/bootstrap/lab-files.js'
import { machineScripts } from '../../src/bootstrap/machine-scripts.js'
import { userData } from '../../src/bootstrap/user-data.js'
import type { Context } from '../../src/flow/context.js'
import { extend } from '../../src/flow/extend.js'
import { machineShell } from '../../src/flow/machine-shell.js'
import { letInAgain } from '../../src/flow/readmit/let-in.js'
import { firstLogin } from '../../src/flow/up-rented/first-login.js'
import { upRented } from '../../src/flow/up-rented/up-rented.js'
import { readRentedLab } from '../../src/state/read.js'
import type { RentedLab } from '../../src/state/record.js'
import { ensureLabKeys, type LabKeys } from '../../src/state/ssh-keys.js'
import { ec2Of } from '../cloud/clients.js'
import { fakeContext } from '../fakes/context.js'
import { rentedLab, saveRentedLab } from '../fakes/rented.js'
import { plannedServing, serving } from '../fakes/served.js'
import { request } from '../fakes/up-rented.js'
import type { Guest } from './guest.js'
import { greeting } from './ssh.js'
import { hostsSuite, hostsUnavailable } from './suite.js'

const LAB = 'lab-00000000aa'
const ACCOUNT = '123456789012'
const ELSEWHERE = '203.0.113.7/32'
const TYPE = 'g6e.xlarge'
const HOUR_MS = 3_600_000
const SLOW = { timeout: 60_000, interval: 200 }

const { region, cloud } = hostsSuite()
let ec2: EC2Client
let context: Context
let guest: Guest
let GroupId: string
let keys: LabKeys
let signal: AbortSignal

const here = (): string => `${region().caller}/32`
const onPort22 = (CidrIp: string) => ({
  GroupId,
  IpPermissions: [{ IpProtocol: 'tcp', FromPort: 22, ToPort: 22, IpRanges: [{ CidrIp }] }],
})
const allow = (cidr: string) => ec2.send(new AuthorizeSecurityGroupIngressCommand(onPort22(cidr)))
const disallow = (cidr: string) => ec2.send(new RevokeSecurityGroupIngressCommand(onPort22(cidr)))

async function rules(): Promise<(string | undefined)[]> {
  const { SecurityGroups } = await ec2.send(new DescribeSecurityGroupsCommand({ GroupIds: [GroupId] }))
  return (SecurityGroups?.[0]?.IpPermissions ?? [])
    .flatMap(({ IpRanges }) => IpRanges ?? [])
    .map(({ CidrIp }) => CidrIp)
}

const record = (): RentedLab => readRentedLab(context.paths, 'one') ?? rentedLab()

beforeAll(async () => {
  if (hostsUnavailable() !== undefined) return
  signal = AbortSignal.timeout(10 * 60_000)
  ec2 = ec2Of(cloud())
  Object.assign(process.env, cloud().env)
  context = hereContext()
  keys = await ensureLabKeys(context.paths, 'one', makeKeyPair)
  const Tags = [
    { Key: 'labos:lab', Value: LAB },
    { Key: 'labos:expires-at', Value: new Date(Date.now() + 4 * HOUR_MS).toISOString() },
  ]
  const group = await ec2.send(
    new CreateSecurityGroupCommand({
      GroupName: `labos-${LAB}`,
      Description: 'test',
      TagSpecifications: [{ ResourceType: 'security-group', Tags: Tags.slice(0, 1) }],
    }),
  )
  GroupId = group.GroupId ?? ''
  await allow(ELSEWHERE)
  const { Instances } = await ec2.send(
    new RunInstancesCommand({
      ...{ ImageId: 'ami-12345678', InstanceType: TYPE, MinCount: 1, MaxCount: 1 },
      SecurityGroupIds: [GroupId],
      UserData: Buffer.from(await told()).toString('base64'),
      InstanceInitiatedShutdownBehavior: 'terminate',
      MetadataOptions: { HttpTokens: 'required', InstanceMetadataTags: 'enabled' },
      TagSpecifications: [{ ResourceType: 'instance', Tags }],
    }),
  )
  const id = Instances?.[0]?.InstanceId ?? ''
  guest = await region().guest(id)
  await guest.ready()
  await save(id)
})
afterAll(() => {
  if (hostsUnavailable() === undefined) ec2.destroy()
})

/** Everything that reaches the machine is real; what the internet sees this computer as is what the machine sees. */
function hereContext(): Context {
  const dir = mkdtempSync(join(homedir(), 'labos-')) // for all tests of the file
  const paths = { labsDir: join(dir, 'labs'), cacheDir: join(dir, 'cache'), configFile: join(dir, 'config.yaml') }
  const base = fakeContext()
  const fetch: Context['fetch'] = (input, init) =>
    new Request(input).url.includes('checkip')
      ? Promise.resolve(new Response(region().caller))
      : globalThis.fetch(input, init)
  const aws = awsOpener({ fetch: globalThis.fetch })
  return { ...base, paths, clock: systemClock, fetch, aws, reach: tcpReach, ssh: connectSsh, attachSsh }
}

/** A laboratory that fails at its driver gate: it is planned for two GPUs. */
async function told(): Promise<Uint8Array> {
  const { engineVersion, driverMin, bootMs, machines } = plannedServing
  const laboratory = {
    ...{ engineVersion, driverMin, repo: 'someone/model', revision: null, weightsBytes: 1000, wantsToken: false },
    machines: machines.map(({ instanceType, ...each }) => ({ ...each, type: instanceType, gpuCount: 2 })),
  }
  return userData({
    scripts: await machineScripts(resolve(import.meta.dirname, '../../templates')),
    files: labFiles({ labId: LAB, provider: 'aws', lease: { ttlMs: 4 * HOUR_MS, bootMs }, laboratory }),
    isLaboratory: true,
    hostKey: keys.host,
    userKey: keys.user.publicKey,
  })
}

const save = (id: string): Promise<RentedLab> =>
  saveRentedLab(context.paths, {
    accountId: ACCOUNT,
    machine: { ...(rentedLab().machine as NonNullable<RentedLab['machine']>), id, address: guest.address },
    ssh: { user: 'ubuntu', port: 22, hostKeys: [keys.host.publicKey] },
    access: { own: [ELSEWHERE], allowed: [] },
  })

it('is silent, and up --yes lets this computer in', async () => {
  expect(await greeting(guest.address)).toBe('silence')
  const wish = { ...request(), ingress: [], agreed: false }
  await expect(upRented(wish, context, signal)).rejects.toMatchObject({
    code: 'machine.unreachable',
    message: `The machine does not answer. Your address is ${region().caller} now; the machine of "one" lets in 203.0.113.7 alone.`,
  })
  expect(await rules()).toEqual([ELSEWHERE])
  expect(await upRented({ ...wish, agreed: true }, context, signal)).toMatchObject({ outcome: 'up' })
  expect(await rules()).toEqual([here()])
  expect(record().access).toEqual({ own: [here()], allowed: [] })
})

it('is logged in to after that, with a host key of its own', async () => {
  await disallow(here())
  await allow(ELSEWHERE)
  const served = { ...record(), serving, access: { own: [ELSEWHERE], allowed: [] } }
  const onSilence = letInAgain({ ingress: [], agreed: true }, context)
  const reached = await firstLogin({ ...served, stepsDone: ['plan', 'machine'] }, context, signal, onSilence)
  const { stdout } = await guest.exec('cat /etc/ssh/ssh_host_ed25519_key.pub')
  expect(reached.ssh?.hostKeys).toEqual([stdout.trim().split(' ').slice(0, 2).join(' ')])
  expect([await rules(), record().access?.own]).toEqual([[here()], [here()]])
})

it('is asked for a command, which runs once this computer is let in', async () => {
  await disallow(here())
  await allow('192.0.2.0/24') // somebody else's: it stays
  const questions: string[] = []
  const confirm = async (question: string): Promise<boolean> => questions.push(question) > 0
  const prompt = { confirm, select: () => Promise.reject(new Error('none')) }
  const [stdout, stderr] = [new PassThrough(), new PassThrough()]
  const command = {
    argv: ['sh', '-c', 'whoami; exit 3'] as [string, ...string[]],
    stdin: Readable.from([]),
    stdout,
    stderr,
  }
  expect(await machineShell('one', command, { ...context, prompt }, signal)).toBe(3)
  stdout.end()
  expect([await text(stdout), questions.length]).toEqual(['ubuntu\n', 1])
  expect((await rules()).sort()).toEqual(['192.0.2.0/24', here()].sort())
})

it('takes a deadline that was moved at once, and says so', async () => {
  const { endsAt, machine } = await extend({ name: 'one', byMs: HOUR_MS }, context, signal)
  expect(machine).toEqual({ says: expect.stringContaining('ends ') as string, isTaken: true, endsBy: 'boot' })
  const { stdout } = await guest.exec('cat /var/lib/labos/deadline')
  expect(Number(stdout) * 1000).toBeCloseTo(Date.parse(endsAt), -4)
})

it('sets itself up again where that had failed', async () => {
  const phases = async (): Promise<string> => (await guest.exec('cat /var/lib/labos/phases.ndjson')).stdout
  const runs = async (): Promise<number> => Number((await guest.exec('cat /var/lib/labos/boots')).stdout)
  const failed = async (): Promise<boolean> =>
    (await guest.exec('systemctl is-failed labos-bootstrap.service')).stdout === 'failed\n'
  await expect.poll(failed, SLOW).toBe(true)
  expect(await phases()).toContain('"cause":"driver.count"')
  const before = await runs()
  await guest.exec("sed -i 's/\\t2\\t/\\t1\\t/' /var/lib/labos/machines.tsv")
  await firstLogin({ ...record(), serving }, context, signal)
  expect(await runs()).toBe(before + 1)
  const now = (await phases()).split('\n').filter((line) => line.includes(`"boot":${String(before + 1)},`))
  expect(now.length).toBeGreaterThan(0)
  await expect.poll(phases, SLOW).toMatch(new RegExp(`"boot":${String(before + 1)},"phase":"driver","state":"done"`))
})
