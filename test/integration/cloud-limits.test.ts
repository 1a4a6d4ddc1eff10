/** What the test cloud refuses by itself: more vCPUs than the quota, and what no policy allows. */
import {
  DescribeInstancesCommand,
  type EC2Client,
  RunInstancesCommand,
  type RunInstancesCommandInput,
  StartInstancesCommand,
  StopInstancesCommand,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2'
import { GetServiceQuotaCommand, ServiceQuotasClient } from '@aws-sdk/client-service-quotas'
import { DecodeAuthorizationMessageCommand, STSClient } from '@aws-sdk/client-sts'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { clientOptions, ec2Of } from '../cloud/clients.js'
import { type Cloud, startCloud } from '../cloud/cloud.js'

let cloud: Cloud
let ec2: EC2Client

beforeAll(async () => {
  const quotas = { 'L-DB2E81BA': 8, 'L-3819A6DF': 4 }
  cloud = await startCloud({ settings: { pendingMs: 0, shuttingDownMs: 0, ssh: false, quotas } })
  ec2 = ec2Of(cloud)
})
afterAll(async () => {
  ec2.destroy()
  await cloud.close()
})

async function run(more: Partial<RunInstancesCommandInput> = {}, client = ec2): Promise<string> {
  const wish = { ImageId: 'ami-12345678', InstanceType: 'g6e.xlarge', MinCount: 1, MaxCount: 1 } as const
  const { Instances } = await client.send(new RunInstancesCommand({ ...wish, ...more }))
  return Instances?.[0]?.InstanceId ?? ''
}

it('keeps to the vCPU quota of each market and region, when machines are made and when they are started', async () => {
  const spot = { InstanceMarketOptions: { MarketType: 'spot' } } as const
  const ids = [await run(), await run()]
  const tooMany = {
    name: 'VcpuLimitExceeded',
    message: expect.stringContaining('your current vCPU limit of 8 allows') as string,
    $metadata: { httpStatusCode: 400 },
  }
  await expect(run()).rejects.toMatchObject(tooMany)
  await run({ ...spot })
  await expect(run({ ...spot })).rejects.toMatchObject({ name: 'MaxSpotInstanceCountExceeded' })
  await run({ InstanceType: 't3.micro' })
  const far = ec2Of(cloud, 'us-west-2')
  await run({}, far)
  far.destroy()

  const [first = '', second = ''] = ids
  await ec2.send(new StopInstancesCommand({ InstanceIds: [first] }))
  const third = await run()
  await expect(ec2.send(new StartInstancesCommand({ InstanceIds: [first] }))).rejects.toMatchObject(tooMany)
  await ec2.send(new TerminateInstancesCommand({ InstanceIds: [third, second] }))
  await ec2.send(new StartInstancesCommand({ InstanceIds: [first] }))
  const quotas = new ServiceQuotasClient(clientOptions(cloud))
  const { Quota } = await quotas.send(new GetServiceQuotaCommand({ ServiceCode: 'ec2', QuotaCode: 'L-DB2E81BA' }))
  expect(Quota?.Value).toBe(8)
})

it('denies in the words of AWS, and decodes only what it has said itself', async () => {
  const undo = cloud.fault({ action: 'RunInstances', times: 1, kind: { error: 'UnauthorizedOperation' } })
  const denied: unknown = await run().catch((error: unknown) => error)
  undo()
  expect(denied).toMatchObject({ name: 'UnauthorizedOperation', $metadata: { httpStatusCode: 403 } })
  const { message } = denied as Error
  expect(message).toContain(
    'User: arn:aws:iam::123456789012:user/test is not authorized to perform: ec2:RunInstances on resource: arn:aws:ec2:us-east-1:123456789012:',
  )
  const [, EncodedMessage = ''] = /Encoded authorization failure message: (\S+)$/.exec(message) ?? []
  const sts = new STSClient(clientOptions(cloud))
  const { DecodedMessage = '' } = await sts.send(new DecodeAuthorizationMessageCommand({ EncodedMessage }))
  expect(JSON.parse(DecodedMessage)).toMatchObject({ allowed: false, context: { action: 'ec2:RunInstances' } })
  await expect(
    sts.send(new DecodeAuthorizationMessageCommand({ EncodedMessage: EncodedMessage.slice(1) })),
  ).rejects.toMatchObject({ name: 'InvalidAuthorizationMessageException' })
})

it('denies reads without anything to decode', async () => {
  const undo = cloud.fault({ action: 'DescribeInstances', times: 1, kind: { error: 'UnauthorizedOperation' } })
  await expect(ec2.send(new DescribeInstancesCommand({}))).rejects.toMatchObject({
    name: 'UnauthorizedOperation',
    message: expect.stringMatching(
      /perform: ec2:DescribeInstances because no [^:]*ec2:DescribeInstances action$/,
    ) as string,
  })
  undo()
})
