/** The way out of a region's default network, which moto leaves out: an internet gateway and a route to it. */
import {
  AttachInternetGatewayCommand,
  CreateInternetGatewayCommand,
  CreateRouteCommand,
  DescribeRouteTablesCommand,
  DescribeSubnetsCommand,
  DescribeVpcsCommand,
  type EC2Client,
} from '@aws-sdk/client-ec2'

/** Makes it, and resolves to the zone of each subnet. */
export async function seedNetwork(ec2: EC2Client): Promise<ReadonlyMap<string, string>> {
  const { Vpcs } = await ec2.send(new DescribeVpcsCommand({ Filters: [{ Name: 'isDefault', Values: ['true'] }] }))
  const VpcId = Vpcs?.[0]?.VpcId
  if (VpcId === undefined) throw new Error('moto has no default network')
  const { InternetGateway } = await ec2.send(new CreateInternetGatewayCommand({}))
  const GatewayId = InternetGateway?.InternetGatewayId
  await ec2.send(new AttachInternetGatewayCommand({ VpcId, InternetGatewayId: GatewayId }))
  const ofVpc = [{ Name: 'vpc-id', Values: [VpcId] }]
  const { RouteTables } = await ec2.send(new DescribeRouteTablesCommand({ Filters: ofVpc }))
  for (const { RouteTableId } of RouteTables ?? [])
    await ec2.send(new CreateRouteCommand({ RouteTableId, GatewayId, DestinationCidrBlock: '0.0.0.0/0' }))
  const { Subnets } = await ec2.send(new DescribeSubnetsCommand({ Filters: ofVpc }))
  return new Map((Subnets ?? []).map(({ SubnetId = '', AvailabilityZone = '' }) => [SubnetId, AvailabilityZone]))
}
