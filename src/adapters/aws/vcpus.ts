/** Machines that count against the vCPU quotas now. */
import type { Instance } from '@aws-sdk/client-ec2'
import type { VcpuUse } from '../../cloud-ports.js'
import { shippedTable } from '../../plan/aws/type-table.js'
import { askEc2, type Ec2Door } from './ask-ec2.js'
import { eachPage } from './pages.js'

const PAGES_MOST = 60

export const vcpusInUse = (ec2: Ec2Door, signal: AbortSignal): Promise<readonly VcpuUse[]> =>
  askEc2(ec2, 'DescribeInstances', signal, async () => {
    const { DescribeInstancesCommand } = await import('./sdk.js')
    const found: VcpuUse[] = []
    const wish = { Filters: [{ Name: 'instance-state-name', Values: ['pending', 'running'] }], MaxResults: 1000 }
    await eachPage(
      PAGES_MOST,
      (more) => ec2.client.send(new DescribeInstancesCommand({ ...wish, ...more }), { abortSignal: signal }),
      ({ Reservations }) =>
        found.push(...(Reservations ?? []).flatMap(({ Instances }) => Instances ?? []).flatMap(vcpuUse)),
    )
    return found
  })

/** Machines on hosts of one's own and in blocks that were paid for have limits of their own. */
function vcpuUse({ InstanceType, InstanceLifecycle, CpuOptions, Placement }: Instance): VcpuUse[] {
  const vcpus = (CpuOptions?.CoreCount ?? 0) * (CpuOptions?.ThreadsPerCore ?? 1) || usual(InstanceType)
  const isOther = Placement?.Tenancy === 'host' || InstanceLifecycle === 'capacity-block'
  if (!InstanceType || vcpus === 0 || isOther) return []
  return [{ instanceType: InstanceType, market: InstanceLifecycle === 'spot' ? 'spot' : 'on-demand', vcpus }]
}

/** For what answers like EC2 and leaves it out. */
const usual = (name: string | undefined): number =>
  shippedTable.types.find(({ instanceType }) => instanceType === name)?.vcpus ?? 0
