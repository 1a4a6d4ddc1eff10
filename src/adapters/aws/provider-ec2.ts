/** EC2 as the provider asks it: raw refusals by their codes, one client that tries again and one that never does. */
import type { DescribeInstancesCommandOutput, EC2Client, Instance, RunInstancesCommandInput } from '@aws-sdk/client-ec2'
import { refusalKind } from '../../../infra/aws-refusals.js'
import {
  type Ec2Calls,
  Ec2Refusal,
  type Group,
  NO_ANSWER,
  type OpenEc2,
  type SeenMachine,
} from '../../../infra/ec2-calls.js'
import type { Fetch } from '../../ports.js'
import { fetchHandler, NetworkFailure } from './fetch-handler.js'
import { sshFrom, sshRanges } from './port-22.js'
import { retries } from './retries.js'
import type * as sdkNames from './sdk-provider.js'
import { SILENT } from './silent.js'

const RETRY_PAUSE_MS = 100
const LIVING = ['pending', 'running', 'stopping', 'stopped', 'shutting-down']

export function ec2Opener(fetch: Fetch, requestMs: number): OpenEc2 {
  const open = new Map<string, Promise<Ec2Calls>>()
  const handler = fetchHandler(fetch, requestMs)
  return (region) => {
    const calls = open.get(region) ?? ec2Calls(region, handler)
    open.set(region, calls)
    return calls
  }
}

async function ec2Calls(region: string, requestHandler: ReturnType<typeof fetchHandler>): Promise<Ec2Calls> {
  const sdk = await import('./sdk-provider.js')
  const shared = { requestHandler, logger: SILENT, region }
  const client = new sdk.EC2Client({ ...shared, retryStrategy: retries(RETRY_PAUSE_MS) })
  // A refused capacity call is never repeated by itself; what repeats a lost one is the ladder, with the same token.
  const once = new sdk.EC2Client({ ...shared, maxAttempts: 1, credentials: client.config.credentials })
  return { ...machineCalls(sdk, client, once, region), ...groupCalls(sdk, client) }
}

type Sdk = typeof sdkNames

function machineCalls(
  sdk: Sdk,
  client: EC2Client,
  once: EC2Client,
  region: string,
): Pick<Ec2Calls, 'machinesOf' | 'machine' | 'run' | 'terminate'> {
  return {
    machinesOf: async (labId) => {
      const Filters = [
        { Name: 'tag:labos:lab', Values: [labId] },
        { Name: 'instance-state-name', Values: LIVING },
      ]
      const answer = await said('DescribeInstances', client.send(new sdk.DescribeInstancesCommand({ Filters })))
      return machinesIn(answer, region)
    },
    machine: async (id) => {
      const asked = client.send(new sdk.DescribeInstancesCommand({ InstanceIds: [id] }))
      const answer = await unlessGone(said('DescribeInstances', asked))
      return answer ? machinesIn(answer, region)[0] : undefined
    },
    run: async (request) => {
      const input = request as RunInstancesCommandInput // made by `runRequest`, and kept as JSON meanwhile
      const { Instances } = await said('RunInstances', once.send(new sdk.RunInstancesCommand(input)))
      const machine = Instances?.[0] && seen(Instances[0], region)
      if (!machine) throw new Ec2Refusal(NO_ANSWER, 'AWS answered without a machine', 'ec2:RunInstances')
      return machine
    },
    terminate: async (id) => {
      const asked = client.send(new sdk.TerminateInstancesCommand({ InstanceIds: [id] }))
      await unlessGone(said('TerminateInstances', asked))
    },
  }
}

function groupCalls(sdk: Sdk, client: EC2Client): Omit<Ec2Calls, keyof ReturnType<typeof machineCalls>> {
  return {
    groupsOf: async (labId) => {
      const Filters = [{ Name: 'tag:labos:lab', Values: [labId] }]
      const asked = client.send(new sdk.DescribeSecurityGroupsCommand({ Filters }))
      const { SecurityGroups } = await said('DescribeSecurityGroups', asked)
      return (SecurityGroups ?? []).map(({ GroupId = '', VpcId = '', IpPermissions }): Group => ({
        id: GroupId,
        vpcId: VpcId,
        ingress: sshRanges(IpPermissions),
      }))
    },
    createGroup: async ({ name, vpcId, tags }) => {
      const Tags = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }))
      const wish = {
        GroupName: name,
        Description: 'Reaches the machine of a labos lab',
        ...(vpcId === undefined ? {} : { VpcId: vpcId }),
        TagSpecifications: [{ ResourceType: 'security-group' as const, Tags }],
      }
      const { GroupId } = await said('CreateSecurityGroup', client.send(new sdk.CreateSecurityGroupCommand(wish)))
      if (!GroupId) throw new Ec2Refusal(NO_ANSWER, 'AWS answered without a group', 'ec2:CreateSecurityGroup')
      return GroupId
    },
    allow: async (GroupId, cidr) => {
      const asked = client.send(
        new sdk.AuthorizeSecurityGroupIngressCommand({ GroupId, IpPermissions: [sshFrom(cidr)] }),
      )
      await unless('exists', said('AuthorizeSecurityGroupIngress', asked))
    },
    disallow: async (GroupId, cidr) => {
      const asked = client.send(new sdk.RevokeSecurityGroupIngressCommand({ GroupId, IpPermissions: [sshFrom(cidr)] }))
      await unlessGone(said('RevokeSecurityGroupIngress', asked))
    },
    deleteGroup: async (GroupId) => {
      const asked = said('DeleteSecurityGroup', client.send(new sdk.DeleteSecurityGroupCommand({ GroupId })))
      return unless(
        'in-use',
        unlessGone(asked).then(() => 'deleted' as const),
      ).then((result) => result ?? 'in-use')
    },
  }
}

/** The SDK's errors as refusals; what never had an answer is one of its own. */
async function said<T>(action: string, answer: Promise<T>): Promise<T> {
  try {
    return await answer
  } catch (error) {
    if (!(error instanceof Error)) throw error
    const permission = `ec2:${action}`
    const { $fault }: { $fault?: string } = error as object
    const isSilent = error instanceof NetworkFailure || ('$metadata' in error && $fault === undefined)
    if (isSilent) throw new Ec2Refusal(NO_ANSWER, error.message, permission)
    throw new Ec2Refusal(error.name, error.message, permission)
  }
}

async function unless<T>(kind: 'gone' | 'exists' | 'in-use', answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer
  } catch (error) {
    if (error instanceof Ec2Refusal && refusalKind(error.code, error.message) === kind) return undefined
    throw error
  }
}

const unlessGone = <T>(answer: Promise<T>): Promise<T | undefined> => unless('gone', answer)

const machinesIn = ({ Reservations }: DescribeInstancesCommandOutput, region: string): SeenMachine[] =>
  (Reservations ?? []).flatMap(({ Instances }) => (Instances ?? []).flatMap((found) => seen(found, region) ?? []))

function seen(found: Instance, region: string): SeenMachine | undefined {
  const { InstanceId: id, InstanceType: instanceType, Placement, State, LaunchTime, InstanceLifecycle } = found
  if (!id || !instanceType || !State?.Name) return undefined
  const reason = found.StateReason
  return {
    id,
    instanceType,
    market: InstanceLifecycle === 'spot' ? 'spot' : 'on-demand',
    zone: Placement?.AvailabilityZone ?? '',
    region,
    state: State.Name,
    launchedAt: (LaunchTime ?? new Date(0)).toISOString(),
    ...(found.PublicIpAddress ? { address: found.PublicIpAddress } : {}),
    ...(reason?.Code ? { stateReason: `${reason.Code}: ${reason.Message ?? ''}` } : {}),
  }
}
