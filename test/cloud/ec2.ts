/** EC2 as it behaves, over moto: what is refused, what takes time, what is the same when said twice. */
import { describeImages } from './images.js'
import { type InstanceRecord, isUnseen, move, stateAt } from './instances.js'
import { changes, withLife, withoutStateFilter } from './life.js'
import { createDefaultVpc, createGroup } from './network.js'
import { describeOfferings } from './offerings.js'
import { overQuota } from './quotas.js'
import { describeRegions } from './regions.js'
import { type Answer, type AwsRequest, ec2Answer, elements, listOf, refusal } from './request.js'
import { run } from './run-instances.js'
import { spotHistory } from './spot.js'
import type { Handler, World } from './world.js'

/** EC2 keeps the last 64 KB. */
const CONSOLE_BYTES = 65_536

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
  for (const record of found) send(record, 'terminated', world)
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
  for (const record of found) send(record, 'stopped', world)
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
    send(record, 'running', world)
  }
  return changes(request.action, found, world)
}

const reboot: Handler = async (request, forward, world) => {
  const answer = await forward()
  if (answer.status === 200) for (const record of recordsOf(request, world)) world.hosts?.reboot(record)
  return answer
}

/** moto's is the same for all. */
const consoleOutput: Handler = async (request, forward, { records, hosts }) => {
  const record = records.get(request.params['InstanceId'] ?? '')
  if (!record || !hosts) return forward()
  const output = Buffer.from((await hosts.console(record)).slice(-CONSOLE_BYTES)).toString('base64')
  const timestamp = new Date().toISOString()
  return ec2Answer(request.action, elements({ instanceId: record.id, timestamp, output }))
}

/** moto does not say again what was imported. */
const importKey: Handler = async (request, forward, { publicKeys }) => {
  const { KeyName: name = '', PublicKeyMaterial: material = '' } = request.params
  const answer = await forward()
  if (answer.status === 200)
    publicKeys.set(`${request.region}/${name}`, Buffer.from(material, 'base64').toString().trim())
  return answer
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
  RebootInstances: reboot,
  GetConsoleOutput: consoleOutput,
  ImportKeyPair: importKey,
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

function send(record: InstanceRecord, goal: InstanceRecord['goal'], world: World): void {
  move(record, goal, world.now())
  world.hosts?.follow(record, world)
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
