/** EC2 as it behaves, over moto: what is refused, what takes time, what is the same when said twice. */
import { describeImages } from './images.js'
import { type InstanceRecord, isUnseen, stateAt } from './instances.js'
import { changes, withLife, withoutStateFilter } from './life.js'
import { createDefaultVpc, createGroup } from './network.js'
import { describeOfferings } from './offerings.js'
import { overQuota } from './quotas.js'
import { describeRegions } from './regions.js'
import { type Answer, type AwsRequest, listOf, refusal } from './request.js'
import { run } from './run-instances.js'
import { spotHistory } from './spot.js'
import type { Handler, World } from './world.js'

const describe: Handler = async (request, forward, world) => {
  const unseen = recordsOf(request, world).find((record) => isUnseen(record, world.settings, world.now()))
  if (unseen) return refusal(request, 'InvalidInstanceID.NotFound', `The instance ID '${unseen.id}' does not exist`)
  const { params, states } = withoutStateFilter(request.params)
  return withLife(await forward(params), world, states)
}

const terminate: Handler = async (request, forward, world) => {
  const found = recordsOf(request, world)
  // moto refuses to terminate twice; EC2 does not.
  const isRepeated = found.length > 0 && found.every(({ goal }) => goal === 'terminated')
  const answer = isRepeated ? undefined : await forward(request.params)
  if (answer && answer.status !== 200) return answer
  for (const record of found) move(record, 'terminated', world)
  return changes(request.action, found, world)
}

const stop: Handler = async (request, forward, world) => {
  const found = recordsOf(request, world)
  if (found.some(({ isSpot }) => isSpot))
    return refusal(request, 'UnsupportedOperation', "You can't stop a Spot Instance of a one-time Spot request.")
  const wrong = inOtherState(found, ['running', 'stopping', 'stopped'], world)
  if (wrong) return wrongState(request, wrong, 'stopped', world)
  const answer = await forward(request.params)
  if (answer.status !== 200) return answer
  for (const record of found) move(record, 'stopped', world)
  return changes(request.action, found, world)
}

const start: Handler = async (request, forward, world) => {
  const found = recordsOf(request, world)
  const wrong = inOtherState(found, ['pending', 'running', 'stopped'], world)
  if (wrong) return wrongState(request, wrong, 'started', world)
  const over = overQuota(
    request,
    found.filter(({ goal }) => goal === 'stopped'),
    world,
  )
  if (over) return over
  const answer = await forward(request.params)
  if (answer.status !== 200) return answer
  for (const record of found) {
    if (record.goal === 'stopped')
      Object.assign(record, { address: world.nextAddress(), launchedAt: new Date().toISOString() })
    move(record, 'running', world)
  }
  return changes(request.action, found, world)
}

const deleteGroup: Handler = (request, forward, { records, settings, now }) => {
  const id = request.params['GroupId'] ?? ''
  const isUsed = [...records.values()].some(
    (record) => record.groups.includes(id) && stateAt(record, settings, now()) !== 'terminated',
  )
  if (!isUsed) return forward(request.params)
  return Promise.resolve(refusal(request, 'DependencyViolation', `resource ${id} has a dependent object`))
}

/** moto takes an interface away from the machine that has it. */
const deleteInterface: Handler = async (request, forward, { records, settings, now, admin }) => {
  const id = request.params['NetworkInterfaceId'] ?? ''
  const wish = { Action: 'DescribeNetworkInterfaces', 'NetworkInterfaceId.1': id }
  const { body } = await admin.ask('ec2', request.region, wish)
  const record = records.get(/<instanceId>([^<]+)/.exec(body)?.[1] ?? '')
  const isUsed = record !== undefined && stateAt(record, settings, now()) !== 'terminated'
  if (!isUsed) return forward(request.params)
  return refusal(request, 'InvalidParameterValue', `Network interface '${id}' is currently in use.`)
}

export const ec2Handlers: Readonly<Record<string, Handler>> = {
  DescribeInstances: describe,
  RunInstances: run,
  TerminateInstances: terminate,
  StopInstances: stop,
  StartInstances: start,
  DeleteSecurityGroup: deleteGroup,
  DeleteNetworkInterface: deleteInterface,
  CreateSecurityGroup: createGroup,
  CreateDefaultVpc: createDefaultVpc,
  DescribeImages: describeImages,
  DescribeInstanceTypeOfferings: describeOfferings,
  DescribeRegions: describeRegions,
  DescribeSpotPriceHistory: spotHistory,
}

const recordsOf = (request: AwsRequest, { records }: World): InstanceRecord[] =>
  listOf(request, 'InstanceId').flatMap((id) => records.get(id) ?? [])

function move(record: InstanceRecord, goal: InstanceRecord['goal'], { now }: World): void {
  if (record.goal === goal) return
  record.goal = goal
  record.sinceMs = now()
}

const inOtherState = (
  found: readonly InstanceRecord[],
  states: readonly string[],
  { settings, now }: World,
): InstanceRecord | undefined => found.find((record) => !states.includes(stateAt(record, settings, now())))

const wrongState = (request: AwsRequest, record: InstanceRecord, wish: string, { settings, now }: World): Answer =>
  refusal(
    request,
    'IncorrectInstanceState',
    `The instance '${record.id}' is not in a state from which it can be ${wish}: it is ${stateAt(record, settings, now())}.`,
  )
