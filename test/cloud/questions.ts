/** What a call wants to do to which resources: the questions that a policy has to allow, all of them. */
import { all, children, parseXml, textOf } from './document.js'
import { ACCOUNT } from './denials.js'
import { launchZone } from './offerings.js'
import type { Question } from './policy.js'
import type { AwsRequest } from './request.js'
import { givenTags, pairsIn } from './tags.js'
import type { World } from './world.js'

const IS_READ = /^(?:Describe|Get|List)/

export async function questionsOf(request: AwsRequest, world: World): Promise<Question[]> {
  const { service, action, region } = request
  const whole = { action: `${service}:${action}`, resource: resourceOf(request), context: contextOf({}, region) }
  if (service !== 'ec2' || IS_READ.test(action)) return [whole]
  const found = [...made(request, world), ...(await named(request, world))]
  return found.length > 0 ? [...found, ...tagsOnCreate(request)] : [whole]
}

/** Of services other than EC2. */
function resourceOf({ service, action, region, params }: AwsRequest): string {
  if (service === 'ssm' && action === 'GetParameter') return `arn:aws:ssm:${region}::parameter${params['Name'] ?? ''}`
  if (service === 'servicequotas' && action === 'RequestServiceQuotaIncrease')
    return `arn:aws:servicequotas:${region}:${ACCOUNT}:ec2/${params['QuotaCode'] ?? ''}`
  return '*'
}

/** What is made by each call; a launch also asks for the network that it does not name. */
const MADE: Readonly<Record<string, readonly string[]>> = {
  RunInstances: ['instance', 'volume', 'network-interface'],
  CreateSecurityGroup: ['security-group'],
  CreateVolume: ['volume'],
  AllocateAddress: ['elastic-ip'],
  CreateDefaultVpc: ['vpc'],
}

function made(request: AwsRequest, world: World): Question[] {
  const { action, region } = request
  return (MADE[action] ?? []).map((type) => ({
    action: `ec2:${action}`,
    resource: arnOf(type, '*', region),
    context: contextOf({ ...requestTags(givenTags(request, type)), ...detailsOf(type, request, world) }, region),
  }))
}

/** Tags given at creation need a permission of their own. */
const tagsOnCreate = (request: AwsRequest): Question[] =>
  [...(MADE[request.action] ?? []), 'spot-instances-request'].flatMap((type) => {
    const tags = givenTags(request, type)
    if (tags.size === 0) return []
    const context = contextOf({ ...requestTags(tags), 'ec2:CreateAction': request.action }, request.region)
    return [{ action: 'ec2:CreateTags', resource: arnOf(type, '*', request.region), context }]
  })

const TYPES: Readonly<Record<string, string>> = {
  i: 'instance',
  vol: 'volume',
  sg: 'security-group',
  eni: 'network-interface',
  eipalloc: 'elastic-ip',
  subnet: 'subnet',
  vpc: 'vpc',
  ami: 'image',
  igw: 'internet-gateway',
  rtb: 'route-table',
}

/** Of every resource whose id is in the form, with the tags that it has now. */
async function named(request: AwsRequest, { admin }: World): Promise<Question[]> {
  const { action, region, params } = request
  const ids = [...new Set(Object.values(params))].filter((value) => typeOf(value) !== undefined)
  const changed = action === 'CreateTags' ? requestTags(new Map(pairsIn(params, 'Tag'))) : {}
  return Promise.all(
    ids.map(async (id) => {
      const { body } = await admin.ask('ec2', region, {
        Action: 'DescribeTags',
        'Filter.1.Name': 'resource-id',
        'Filter.1.Value.1': id,
      })
      return {
        action: `ec2:${action}`,
        resource: arnOf(typeOf(id) ?? '', id, region),
        context: contextOf({ ...changed, ...resourceTags(body) }, region),
      }
    }),
  )
}

const typeOf = (id: string): string | undefined => TYPES[/^([a-z]+)-[0-9a-f]{8,17}$/.exec(id)?.[1] ?? '']

/** Images belong to no account. */
const arnOf = (type: string, id: string, region: string): string =>
  `arn:aws:ec2:${region}:${type === 'image' ? '' : ACCOUNT}:${type}/${id}`

type Values = Readonly<Record<string, string | readonly string[] | undefined>>

const contextOf = (values: Values, region: string): Question['context'] =>
  new Map(
    [...Object.entries({ 'aws:RequestedRegion': region, 'ec2:Region': region }), ...Object.entries(values)].flatMap(
      ([key, value]) => (value === undefined ? [] : [[key, [value].flat()]]),
    ),
  )

const requestTags = (tags: ReadonlyMap<string, string>): Values => ({
  ...Object.fromEntries([...tags].map(([key, value]) => [`aws:RequestTag/${key}`, value])),
  ...(tags.size > 0 ? { 'aws:TagKeys': [...tags.keys()] } : {}),
})

function resourceTags(body: string): Values {
  const items = all(parseXml(body), 'tagSet').flatMap((set) => children(set, 'item'))
  const tags = items.map((item) => [textOf(item, 'key'), textOf(item, 'value')] as const)
  return Object.fromEntries(
    tags.flatMap(([key, value]) => ['aws', 'ec2'].map((service) => [`${service}:ResourceTag/${key}`, value])),
  )
}

function detailsOf(type: string, request: AwsRequest, { networks }: World): Values {
  const { params, action } = request
  if (action !== 'RunInstances') return {}
  if (type === 'instance')
    return {
      'ec2:InstanceType': params['InstanceType'],
      'ec2:InstanceMarketType': params['InstanceMarketOptions.MarketType'] ?? 'on-demand',
      'ec2:AvailabilityZone': launchZone(request, networks.zoneOf),
      'ec2:MetadataHttpTokens': params['MetadataOptions.HttpTokens'],
      'ec2:MetadataHttpPutResponseHopLimit': params['MetadataOptions.HttpPutResponseHopLimit'],
    }
  if (type !== 'volume') return {}
  return {
    'ec2:Encrypted': params['BlockDeviceMapping.1.Ebs.Encrypted'],
    'ec2:VolumeSize': params['BlockDeviceMapping.1.Ebs.VolumeSize'],
    'ec2:VolumeType': params['BlockDeviceMapping.1.Ebs.VolumeType'],
  }
}
