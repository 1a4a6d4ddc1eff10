/** One look at one machine, by the SDK alone. For comparison with `labos status --refresh`. */
import { DescribeInstancesCommand, EC2Client } from '@aws-sdk/client-ec2'

const [, , machine = ''] = process.argv
const { Reservations } = await new EC2Client({}).send(new DescribeInstancesCommand({ InstanceIds: [machine] }))
console.log(Reservations?.[0]?.Instances?.[0]?.State?.Name)
