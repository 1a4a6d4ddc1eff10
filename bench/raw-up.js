/** What `labos up --until machine` asks of AWS, by the SDK alone: the same reads at the same time, the same creates. For comparison. */
import {
  AuthorizeSecurityGroupIngressCommand,
  CreateSecurityGroupCommand,
  DescribeImagesCommand,
  DescribeInstancesCommand,
  DescribeInstanceTypeOfferingsCommand,
  DescribeRouteTablesCommand,
  DescribeSecurityGroupsCommand,
  DescribeSubnetsCommand,
  DescribeVpcsCommand,
  EC2Client,
  RunInstancesCommand,
} from '@aws-sdk/client-ec2'
import { GetServiceQuotaCommand, ServiceQuotasClient } from '@aws-sdk/client-service-quotas'
import { GetParameterCommand, SSMClient } from '@aws-sdk/client-ssm'
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'

const [, , name = 'raw'] = process.argv
const TYPE = 'g6.2xlarge'
const IMAGE = '/aws/service/deeplearning/ami/x86_64/base-oss-nvidia-driver-gpu-ubuntu-22.04/latest/ami-id'
const ec2 = new EC2Client({})
const quotas = new ServiceQuotasClient({})

const [network, ImageId] = await Promise.all([
  defaultNetwork(),
  image(),
  new STSClient({}).send(new GetCallerIdentityCommand({})),
  ec2.send(
    new DescribeInstanceTypeOfferingsCommand({
      LocationType: 'availability-zone',
      Filters: [{ Name: 'instance-type', Values: [TYPE] }],
    }),
  ),
  ec2.send(
    new DescribeInstancesCommand({ Filters: [{ Name: 'instance-state-name', Values: ['pending', 'running'] }] }),
  ),
  ...['L-DB2E81BA', 'L-417A185B'].map((QuotaCode) =>
    quotas.send(new GetServiceQuotaCommand({ ServiceCode: 'ec2', QuotaCode })),
  ),
])

await ec2.send(new DescribeSecurityGroupsCommand({ Filters: [{ Name: 'group-name', Values: [name] }] }))
const { GroupId = '' } = await ec2.send(
  new CreateSecurityGroupCommand({ GroupName: name, Description: name, VpcId: network.VpcId }),
)
await ec2.send(
  new AuthorizeSecurityGroupIngressCommand({
    GroupId,
    IpPermissions: [{ IpProtocol: 'tcp', FromPort: 22, ToPort: 22, IpRanges: [{ CidrIp: '127.0.0.1/32' }] }],
  }),
)
await ec2.send(new DescribeInstancesCommand({ Filters: [{ Name: 'tag:bench', Values: [name] }] }))
const { Instances } = await ec2.send(
  new RunInstancesCommand({
    ImageId,
    InstanceType: TYPE,
    MinCount: 1,
    MaxCount: 1,
    ClientToken: name,
    SubnetId: network.SubnetId,
    SecurityGroupIds: [GroupId],
  }),
)
console.log(JSON.stringify({ machine: Instances?.[0]?.InstanceId, group: GroupId }))

async function defaultNetwork() {
  const { Vpcs } = await ec2.send(new DescribeVpcsCommand({ Filters: [{ Name: 'isDefault', Values: ['true'] }] }))
  const VpcId = Vpcs?.[0]?.VpcId ?? ''
  const Filters = [{ Name: 'vpc-id', Values: [VpcId] }]
  const [{ Subnets }] = await Promise.all([
    ec2.send(new DescribeSubnetsCommand({ Filters })),
    ec2.send(new DescribeRouteTablesCommand({ Filters })),
  ])
  return { VpcId, SubnetId: Subnets?.[0]?.SubnetId }
}

async function image() {
  const { Parameter } = await new SSMClient({}).send(new GetParameterCommand({ Name: IMAGE }))
  const { Images } = await ec2.send(new DescribeImagesCommand({ ImageIds: [Parameter?.Value ?? ''] }))
  return Images?.[0]?.ImageId
}
