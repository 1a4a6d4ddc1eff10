/** The real SDK against the test cloud: who reaches a lab's machine, with no more rights than `labos iam-policy` names. */
import { AuthorizeSecurityGroupIngressCommand, CreateSecurityGroupCommand, type EC2Client } from '@aws-sdk/client-ec2'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { awsOpener } from '../../src/adapters/aws/open-aws.js'
import type { Access } from '../../src/cloud-ports.js'
import { leastPolicy } from '../../src/provision/aws/policy.js'
import { ec2Of } from '../cloud/clients.js'
import { type Cloud, startCloud } from '../cloud/cloud.js'
import { makeLab } from '../fakes/cloud-lab.js'

const signal = new AbortController().signal
let cloud: Cloud
let ec2: EC2Client
let access: Access
let ours: string
let others: string

beforeAll(async () => {
  cloud = await startCloud()
  ec2 = ec2Of(cloud)
  ours = (await makeLab(ec2, { labId: 'lab-one' })).groupId
  await makeLab(ec2, { labId: 'lab-two' })
  const made = await ec2.send(new CreateSecurityGroupCommand({ GroupName: 'others', Description: 'not of labos' }))
  others = made.GroupId ?? ''
  Object.assign(process.env, await cloud.enforce(leastPolicy('aws')))
  access = (await awsOpener({ fetch: globalThis.fetch })('us-east-1')).access
})
afterAll(async () => {
  ec2.destroy()
  await cloud.close()
})

const ingress = async (): Promise<readonly string[] | undefined> =>
  (await access.groups('lab-one', signal)).find(({ id }) => id === ours)?.ingress

it('finds the groups of a lab by tag, and lets blocks in and out, twice in a row too', async () => {
  expect(await access.groups('lab-one', signal)).toEqual([{ id: ours, ingress: [] }])
  for (const cidr of ['203.0.113.7/32', '203.0.113.7/32', '192.0.2.0/24']) await access.allow(ours, cidr, signal)
  expect([...((await ingress()) ?? [])].sort()).toEqual(['192.0.2.0/24', '203.0.113.7/32'])
  for (const cidr of ['203.0.113.7/32', '203.0.113.7/32']) await access.disallow(ours, cidr, signal)
  expect(await ingress()).toEqual(['192.0.2.0/24'])
})

it('sees what reaches port 22 by rules that others made', async () => {
  const rule = (more: object) => ({ IpProtocol: 'tcp', IpRanges: [{ CidrIp: '198.51.100.0/24' }], ...more })
  const IpPermissions = [
    rule({ FromPort: 20, ToPort: 30, IpRanges: [{ CidrIp: '198.51.100.0/28' }] }),
    rule({ FromPort: 443, ToPort: 443, IpRanges: [{ CidrIp: '198.51.100.16/28' }] }),
    rule({ IpProtocol: '-1', IpRanges: [{ CidrIp: '198.51.100.32/28' }] }),
    rule({ IpProtocol: 'udp', FromPort: 22, ToPort: 22, IpRanges: [{ CidrIp: '198.51.100.48/28' }] }),
  ]
  await ec2.send(new AuthorizeSecurityGroupIngressCommand({ GroupId: ours, IpPermissions }))
  const seen = (await ingress()) ?? []
  expect(seen.filter((cidr) => cidr.startsWith('198.51.100.')).sort()).toEqual(['198.51.100.0/28', '198.51.100.32/28'])
})

it("may not change groups that are not labos's, and says which permission is lacking", async () => {
  await expect(access.allow(others, '203.0.113.7/32', signal)).rejects.toMatchObject({
    code: 'aws.refused',
    message: expect.stringContaining('ec2:AuthorizeSecurityGroupIngress') as string,
  })
  await expect(access.disallow(others, '203.0.113.7/32', signal)).rejects.toMatchObject({ code: 'aws.refused' })
})
