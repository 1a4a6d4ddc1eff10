/** The test cloud's default networks: with a way out, without one, and none at all until it is made. */
import {
  CreateDefaultVpcCommand,
  CreateSecurityGroupCommand,
  DescribeRouteTablesCommand,
  DescribeSubnetsCommand,
  DescribeVpcsCommand,
  type EC2Client,
  RunInstancesCommand,
} from '@aws-sdk/client-ec2'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { ec2Of } from '../cloud/clients.js'
import { type Cloud, startCloud } from '../cloud/cloud.js'

let cloud: Cloud
beforeAll(async () => {
  cloud = await startCloud()
})
beforeEach(() => void Object.assign(cloud.settings, { defaultNetwork: true, publicSubnets: true }))
afterAll(() => cloud.close())

async function defaultVpcs(ec2: EC2Client): Promise<string[]> {
  const { Vpcs } = await ec2.send(new DescribeVpcsCommand({ Filters: [{ Name: 'isDefault', Values: ['true'] }] }))
  return (Vpcs ?? []).map(({ VpcId }) => VpcId ?? '')
}

async function gateways(ec2: EC2Client): Promise<string[]> {
  const { RouteTables } = await ec2.send(new DescribeRouteTablesCommand({}))
  const routes = (RouteTables ?? []).flatMap(({ Routes }) => Routes ?? [])
  return routes.flatMap(({ GatewayId }) => (GatewayId?.startsWith('igw-') ? [GatewayId] : []))
}

it('has a public network in each region', async () => {
  const ec2 = ec2Of(cloud, 'us-east-2')
  expect(await defaultVpcs(ec2)).toHaveLength(1)
  expect(await gateways(ec2)).toHaveLength(1)
})

it('has no way out where that is wished', async () => {
  cloud.settings.publicSubnets = false
  const ec2 = ec2Of(cloud, 'us-west-2')
  expect(await defaultVpcs(ec2)).toHaveLength(1)
  expect(await gateways(ec2)).toEqual([])
})

it('has no default network where that is wished, until it is made', async () => {
  cloud.settings.defaultNetwork = false
  const ec2 = ec2Of(cloud, 'eu-west-1')
  const group = (GroupName: string) => ec2.send(new CreateSecurityGroupCommand({ GroupName, Description: 'g' }))
  const wish = { ImageId: 'ami-12345678', InstanceType: 'g6.xlarge', MinCount: 1, MaxCount: 1 } as const
  expect(await defaultVpcs(ec2)).toEqual([])
  expect((await ec2.send(new DescribeSubnetsCommand({}))).Subnets).toEqual([])
  await expect(group('one')).rejects.toMatchObject({ name: 'VPCIdNotSpecified' })
  await expect(ec2.send(new RunInstancesCommand(wish))).rejects.toMatchObject({ name: 'VPCIdNotSpecified' })

  const { Vpc } = await ec2.send(new CreateDefaultVpcCommand({}))
  expect(await defaultVpcs(ec2)).toEqual([Vpc?.VpcId])
  expect(await gateways(ec2)).toHaveLength(1)
  const { Subnets } = await ec2.send(new DescribeSubnetsCommand({}))
  expect(new Set(Subnets?.map(({ AvailabilityZone }) => AvailabilityZone)).size).toBe(3)
  const { GroupId = '' } = await group('two')
  const { Instances } = await ec2.send(new RunInstancesCommand({ ...wish, SecurityGroupIds: [GroupId] }))
  expect(Instances?.[0]).toMatchObject({ VpcId: Vpc?.VpcId, SecurityGroups: [{ GroupId }] })
})
