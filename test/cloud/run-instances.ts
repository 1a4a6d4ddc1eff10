/** RunInstances: moto makes the machine, the cloud adds the token, the limit, and time. */
import { textOf } from './document.js'
import { notOffered } from './offerings.js'
import { overQuota, type Wanted } from './quotas.js'
import { rootTooSmall, withDefaults } from './run-defaults.js'
import { tagInterfaces } from './tags.js'
import type { Handler, World } from './world.js'
import { type InstanceRecord, stateAt } from './instances.js'
import { asRunAnswer, instancesIn, withLife } from './life.js'
import { type Answer, type AwsRequest, listOf, refusal } from './request.js'

const USER_DATA_BYTES = 16_384

export const run: Handler = async (request, forward, world) => {
  const { params } = request
  const userData = Buffer.from(params['UserData'] ?? '', 'base64')
  if (userData.length > USER_DATA_BYTES)
    return refusal(request, 'InvalidParameterValue', 'User data is limited to 16384 bytes')
  if (params['DryRun'] === 'true') return forward() // says nothing of quotas and zones
  const before = withToken(request, world)
  if (before) return again(before, request, world)
  const refused =
    rootTooSmall(request) ?? (await notOffered(request, world)) ?? overQuota(request, [wantedBy(request)], world)
  if (refused) return refused
  const answer = await forward(withDefaults(params))
  if (answer.status !== 200) return answer
  await tagInterfaces(request, answer, world)
  for (const item of instancesIn(answer.body)) {
    const record = recordOf(textOf(item, 'instanceId'), request, world)
    world.records.set(record.id, record)
    world.hosts?.launch(record, request, world)
  }
  return withLife(answer, world)
}

const wantedBy = ({ params }: AwsRequest): Wanted => ({
  instanceType: params['InstanceType'] ?? '',
  isSpot: params['InstanceMarketOptions.MarketType'] === 'spot',
})

function withToken({ params, region }: AwsRequest, { records }: World): InstanceRecord | undefined {
  const token = params['ClientToken']
  if (token === undefined) return undefined
  return [...records.values()].find((record) => record.token === token && record.region === region)
}

/** The same token: the same machine for the same wish, else a refusal. */
async function again(before: InstanceRecord, request: AwsRequest, world: World): Promise<Answer> {
  if (before.wish !== wishOf(request))
    return refusal(
      request,
      'IdempotentParameterMismatch',
      'Arguments on this idempotent request are inconsistent with arguments used in previous request(s).',
    )
  if (stateAt(before, world.settings, world.now()) === 'terminated')
    return refusal(request, 'IdempotentInstanceTerminated', `The instance ${before.id} of this token is terminated.`)
  const described = await world.admin.ask('ec2', request.region, {
    Action: 'DescribeInstances',
    'InstanceId.1': before.id,
  })
  return asRunAnswer(withLife(described, world))
}

const recordOf = (id: string, request: AwsRequest, { now, nextAddress }: World): InstanceRecord => {
  const { params, region } = request
  const token = params['ClientToken']
  return {
    id,
    region,
    ...wantedBy(request),
    groups: [...listOf(request, 'SecurityGroupId'), ...listOf(request, 'NetworkInterface\\.1\\.SecurityGroupId')],
    ...(token === undefined ? {} : { token }),
    wish: wishOf(request),
    goal: 'running',
    sinceMs: now(),
    address: nextAddress(),
    launchedAt: new Date().toISOString(),
  }
}

function wishOf({ params }: AwsRequest): string {
  const { ClientToken: _token, ...wish } = params
  return JSON.stringify(wish)
}
