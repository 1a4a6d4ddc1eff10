/** A policy enforced by the test cloud: what it allows goes, and nothing else. */
import {
  CreateSecurityGroupCommand,
  CreateTagsCommand,
  DescribeImagesCommand,
  DescribeInstancesCommand,
  DescribeVpcsCommand,
  type EC2Client,
  RunInstancesCommand,
  type RunInstancesCommandInput,
  type TagSpecification,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2'
import { GetServiceQuotaCommand, ServiceQuotasClient } from '@aws-sdk/client-service-quotas'
import { GetParameterCommand, SSMClient } from '@aws-sdk/client-ssm'
import { DecodeAuthorizationMessageCommand, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { clientOptions, ec2Of } from '../cloud/clients.js'
import { type Cloud, startCloud } from '../cloud/cloud.js'
import type { Policy, Statement } from '../cloud/policy.js'

const LAB = 'labos:lab'
const POLICY: Policy = {
  Version: '2012-10-17',
  Statement: [
    {
      Effect: 'Allow',
      Action: ['ec2:Describe*', 'ssm:GetParameter', 'sts:DecodeAuthorizationMessage'],
      Resource: '*',
    },
    {
      Effect: 'Allow',
      Action: 'ec2:RunInstances',
      Resource: ['volume', 'network-interface', 'subnet', 'security-group', 'image'].map(
        (type) => `arn:aws:ec2:*:*:${type}/*`,
      ),
    },
    {
      Effect: 'Allow',
      Action: 'ec2:RunInstances',
      Resource: 'arn:aws:ec2:*:*:instance/*',
      Condition: { Null: { [`aws:RequestTag/${LAB}`]: 'false' }, StringLike: { 'ec2:InstanceType': 'g*' } },
    },
    {
      Effect: 'Allow',
      Action: 'ec2:CreateTags',
      Resource: '*',
      Condition: { StringEquals: { 'ec2:CreateAction': 'RunInstances' } },
    },
    {
      Effect: 'Allow',
      Action: 'ec2:TerminateInstances',
      Resource: '*',
      Condition: { Null: { [`aws:ResourceTag/${LAB}`]: 'false' } },
    },
    { Effect: 'Deny', Action: 'ec2:DescribeVpcs', Resource: '*' },
  ],
}

let cloud: Cloud
let env: Readonly<Record<string, string>>
let limited: EC2Client
let admin: EC2Client

beforeAll(async () => {
  cloud = await startCloud({ settings: { pendingMs: 0, shuttingDownMs: 0, ssh: false } })
  admin = ec2Of(cloud)
  await admin.send(new DescribeVpcsCommand({}))
  env = await cloud.enforce(POLICY)
  limited = ec2Of({ env })
})
afterAll(async () => {
  limited.destroy()
  admin.destroy()
  await cloud.close()
})

const TagSpecifications: TagSpecification[] = [{ ResourceType: 'instance', Tags: [{ Key: LAB, Value: 'a1' }] }]

async function run(more: Partial<RunInstancesCommandInput> = {}, client = limited): Promise<string> {
  const wish = { ImageId: 'ami-12345678', InstanceType: 'g6.xlarge', MinCount: 1, MaxCount: 1 } as const
  const { Instances } = await client.send(new RunInstancesCommand({ ...wish, ...more }))
  return Instances?.[0]?.InstanceId ?? ''
}

const end = (id: string) => limited.send(new TerminateInstancesCommand({ InstanceIds: [id] }))
const denied = { name: 'UnauthorizedOperation', $metadata: { httpStatusCode: 403 } }

describe('a policy with resources and conditions', () => {
  it('lets the user launch what it describes, look at it, and end it', async () => {
    const id = await run({ TagSpecifications, ClientToken: 'same' })
    expect(await run({ TagSpecifications, ClientToken: 'same' })).toBe(id)
    const look = { Filters: [{ Name: 'instance-state-name', Values: ['running'] }] }
    const { Reservations } = await limited.send(new DescribeInstancesCommand(look))
    expect(Reservations).toHaveLength(1)
    await end(id)
    expect(await cloud.leftovers()).toEqual([])
  })

  it('denies a launch without the tag, of another type, or one that tags what it may not', async () => {
    await expect(run()).rejects.toMatchObject({
      ...denied,
      message: expect.stringMatching(
        /^You are not authorized to perform this operation\. User: arn:aws:iam::123456789012:user\/labos-test-1 is not authorized to perform: ec2:RunInstances on resource: arn:aws:ec2:us-east-1:123456789012:instance\/\* because no identity-based policy allows the ec2:RunInstances action\. Encoded authorization failure message: \S+$/,
      ) as string,
    })
    await expect(run({ TagSpecifications, InstanceType: 'p5.48xlarge' })).rejects.toMatchObject(denied)
  })

  it('denies to end what does not carry the tag, and to give it one', async () => {
    const id = await run({}, admin)
    await expect(end(id)).rejects.toMatchObject(denied)
    const Tags = [{ Key: LAB, Value: "it's *mine* (~ & ü)!" }]
    await expect(limited.send(new CreateTagsCommand({ Resources: [id], Tags }))).rejects.toMatchObject(denied)
    await admin.send(new CreateTagsCommand({ Resources: [id], Tags }))
    await end(id)
  })

  it('denies what it does not name, and what it denies by name', async () => {
    const group = new CreateSecurityGroupCommand({ GroupName: 'g', Description: 'g' })
    await expect(limited.send(group)).rejects.toMatchObject(denied)
    await expect(limited.send(new DescribeVpcsCommand({}))).rejects.toMatchObject({
      ...denied,
      message: expect.stringContaining('with an explicit deny') as string,
    })
  })

  it('holds for what the cloud answers by itself', async () => {
    const Name = '/aws/service/deeplearning/ami/x86_64/base-oss-nvidia-driver-gpu-ubuntu-22.04/latest/ami-id'
    const { Parameter } = await new SSMClient(clientOptions({ env })).send(new GetParameterCommand({ Name }))
    const ImageIds = [Parameter?.Value ?? '']
    expect((await limited.send(new DescribeImagesCommand({ ImageIds }))).Images).toHaveLength(1)
    const quotas = new ServiceQuotasClient(clientOptions({ env }))
    await expect(
      quotas.send(new GetServiceQuotaCommand({ ServiceCode: 'ec2', QuotaCode: 'L-DB2E81BA' })),
    ).rejects.toMatchObject({ name: 'AccessDeniedException' })
  })

  it('lets the message be decoded by who may', async () => {
    const { message } = (await run().catch((error: unknown) => error)) as Error
    const EncodedMessage = message.split(' ').at(-1)
    const sts = new STSClient(clientOptions({ env }))
    const { DecodedMessage = '' } = await sts.send(new DecodeAuthorizationMessageCommand({ EncodedMessage }))
    expect(JSON.parse(DecodedMessage)).toMatchObject({
      context: { action: 'ec2:RunInstances', resource: 'arn:aws:ec2:us-east-1:123456789012:instance/*' },
    })
  })
})

describe('keys', () => {
  const whoIs = async (of: Readonly<Record<string, string>>) => {
    const { Arn } = await new STSClient(clientOptions({ env: of })).send(new GetCallerIdentityCommand({}))
    return Arn
  }

  it('are those of the user and of the administrator', async () => {
    expect(await whoIs(env)).toBe('arn:aws:iam::123456789012:user/labos-test-1')
    expect(await whoIs(cloud.env)).toContain('labos-test-admin')
  })

  it('that nobody has are refused', async () => {
    const other = { ...env, AWS_ACCESS_KEY_ID: 'AKIANOBODY' }
    await expect(ec2Of({ env: other }).send(new DescribeInstancesCommand({}))).rejects.toMatchObject({
      name: 'AuthFailure',
      $metadata: { httpStatusCode: 401 },
    })
    await expect(whoIs(other)).rejects.toMatchObject({ name: 'InvalidClientTokenId' })
  })

  it('work in regions that were not asked before', async () => {
    const far = ec2Of({ env }, 'eu-central-1')
    expect(await run({ TagSpecifications }, far)).toMatch(/^i-/)
    expect(await cloud.leftovers()).toMatchObject([{ kind: 'machine', region: 'eu-central-1' }])
    far.destroy()
  })
})

it('denies in the words of AWS what moto alone denies: it minds the case of actions, AWS does not', async () => {
  const Statement = { Effect: 'Allow', Action: 'ec2:describeinstances', Resource: '*' } as const
  const other = ec2Of({ env: await cloud.enforce({ Version: '2012-10-17', Statement }) })
  await expect(other.send(new DescribeInstancesCommand({}))).rejects.toMatchObject({
    ...denied,
    message: expect.stringContaining('user/labos-test-2 is not authorized to perform: ec2:DescribeInstances') as string,
  })
  other.destroy()
})

it('takes no policy that AWS would not take', async () => {
  const wrong = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 'run', Resource: '*' }] } as const
  await expect(cloud.enforce(wrong)).rejects.toThrow('CreatePolicy: Actions/Conditions must be prefaced by a vendor')
  const long = { ...POLICY, Statement: Array(60).fill(POLICY.Statement).flat() as Statement[] }
  await expect(cloud.enforce(long)).rejects.toThrow('too long')
})
