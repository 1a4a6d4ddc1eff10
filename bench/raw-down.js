/** What `labos down` asks of AWS, by the SDK alone: ends the machine, waits, deletes the group, looks for what is left. For comparison. */
import {
  DeleteSecurityGroupCommand,
  DescribeAddressesCommand,
  DescribeInstancesCommand,
  DescribeNetworkInterfacesCommand,
  DescribeSecurityGroupsCommand,
  DescribeVolumesCommand,
  EC2Client,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2'
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'

const [, , machine = '', GroupId = '', tag = ''] = process.argv
const POLL_MS = 100
const ec2 = new EC2Client({})

await new STSClient({}).send(new GetCallerIdentityCommand({}))
await ec2.send(new TerminateInstancesCommand({ InstanceIds: [machine] }))
for (;;) {
  const { Reservations } = await ec2.send(new DescribeInstancesCommand({ InstanceIds: [machine] }))
  if (Reservations?.[0]?.Instances?.[0]?.State?.Name === 'terminated') break
  await new Promise((resolve) => setTimeout(resolve, POLL_MS))
}
await ec2.send(new DeleteSecurityGroupCommand({ GroupId }))
const Filters = [{ Name: 'tag:bench', Values: [tag] }]
await Promise.all([
  ec2.send(new DescribeInstancesCommand({ Filters })),
  ec2.send(new DescribeVolumesCommand({ Filters })),
  ec2.send(new DescribeAddressesCommand({ Filters })),
  ec2.send(new DescribeNetworkInterfacesCommand({ Filters })),
  ec2.send(new DescribeSecurityGroupsCommand({ Filters })),
])
