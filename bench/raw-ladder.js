/** As many launches as argv[2] says, one after the other, by the SDK alone. For comparison with the ladder: all but the last are refused. */
import { EC2Client, RunInstancesCommand, TerminateInstancesCommand } from '@aws-sdk/client-ec2'

const [, , times = ''] = process.argv
const ec2 = new EC2Client({ maxAttempts: 1 })
const made = []
for (let count = 0; count < Number(times); count += 1) {
  const wish = { ImageId: 'ami-00000000', InstanceType: /** @type {const} */ ('g6.xlarge'), MinCount: 1, MaxCount: 1 }
  const answer = await ec2.send(new RunInstancesCommand(wish)).catch(() => undefined)
  made.push(...(answer?.Instances ?? []).flatMap(({ InstanceId }) => InstanceId ?? []))
}
await ec2.send(new TerminateInstancesCommand({ InstanceIds: made }))
