/** The machines behind a cloud's instances: a region's guests do what the cloud's records say, and the other way round. */
import {
  DescribeInstanceAttributeCommand,
  DescribeInstancesCommand,
  DescribeTagsCommand,
  type Instance,
} from '@aws-sdk/client-ec2'
import type { Hosts } from '../cloud/hosts.js'
import { type InstanceRecord, move } from '../cloud/instances.js'
import type { AwsRequest } from '../cloud/request.js'
import type { World } from '../cloud/world.js'
import type { GuestWish } from './facts.js'
import { ingressIn } from './groups.js'
import type { Guest } from './guest.js'
import type { Region } from './region.js'

/** One region of hosts is enough for all regions of the cloud. `log` hears of machines that do not do what they should. */
export function hostsOf(region: Region, log: (line: string) => void): Hosts {
  const guests = new Map<string, Guest>()
  const working = new Map<string, Promise<void>>()
  let isClosed = false

  /** Of each instance one piece of work after the other. */
  const work = (id: string, piece: () => Promise<void>): void => {
    const before = working.get(id) ?? Promise.resolve()
    const next = before
      .then(() => (isClosed ? undefined : piece()))
      .catch((error: unknown) => {
        log(`the machine of ${id}: ${String(error)}`)
      })
    working.set(id, next)
  }
  const readGroups: Hosts['regroup'] = async (name, world) => {
    const here = [...guests].filter(([id]) => world.records.get(id)?.region === name)
    if (here.length === 0) return
    const addressOf = (id: string): string | undefined => world.records.get(id)?.address
    const rules = await world.admin.withClient(name, (ec2) => ingressIn(ec2, addressOf))
    for (const [id, guest] of here) await guest.allow(rules.get(id) ?? [])
  }
  let regrouped = Promise.resolve()
  /** One after the other: what is read last is in force last. */
  const regroup: Hosts['regroup'] = (name, world) => {
    const next = regrouped.then(() => readGroups(name, world))
    regrouped = next.catch(() => undefined)
    return next
  }
  const heedEnd = (guest: Guest, record: InstanceRecord, world: World): void => {
    guest.off.then(
      () => {
        if (record.goal === 'running' && !isClosed) work(record.id, () => endedByItself(record, world))
      },
      (error: unknown) => log(`the machine of ${record.id}: ${String(error)}`),
    )
  }
  const follow = async (record: InstanceRecord, world: World): Promise<void> => {
    const guest = guests.get(record.id)
    if (!guest) return
    if (record.goal !== 'running') await guest.powerOff()
    else if (guest.state === 'off') {
      await guest.start(record.address)
      heedEnd(guest, record, world)
      await regroup(record.region, world)
    }
  }
  return {
    nextAddress: region.nextAddress,
    launch: (record, request, world) =>
      work(record.id, async () => {
        if (record.goal !== 'running') return
        const guest = await region.boot(await wishFor(record, request, world))
        guests.set(record.id, guest)
        heedEnd(guest, record, world)
        await regroup(record.region, world)
      }),
    follow: (record, world) => {
      const isEnd = record.goal !== 'running'
      if (isEnd) record.isHeld = true
      work(record.id, async () => {
        await follow(record, world)
        if (isEnd) record.isHeld = false
      })
    },
    reboot: ({ id }) => work(id, () => Promise.resolve(guests.get(id)?.reboot())),
    console: async ({ id }) => (await guests.get(id)?.console()) ?? '',
    regroup,
    close: async () => {
      isClosed = true
      await Promise.all(working.values())
    },
  }
}

/** Nothing gets in before the groups are known. */
async function wishFor(record: InstanceRecord, { params }: AwsRequest, world: World): Promise<GuestWish> {
  const { id, region, instanceType, address } = record
  const instance = await described(record, world)
  const key = params['KeyName'] ?? ''
  const publicKey = world.publicKeys.get(`${region}/${key}`)
  const showsTags = params['MetadataOptions.InstanceMetadataTags'] === 'enabled'
  return {
    instanceId: id,
    instanceType,
    region,
    address,
    imageId: params['ImageId'] ?? '',
    zone: instance.Placement?.AvailabilityZone ?? '',
    privateAddress: instance.PrivateIpAddress ?? '',
    userData: Buffer.from(params['UserData'] ?? '', 'base64'),
    publicKeys: publicKey === undefined ? {} : { [key]: publicKey },
    needsToken: params['MetadataOptions.HttpTokens'] !== 'optional',
    tags: () => (showsTags ? tagsOf(record, world) : Promise.resolve(undefined)),
    ingress: [],
  }
}

const described = ({ id, region }: InstanceRecord, { admin }: World): Promise<Instance> =>
  admin.withClient(region, async (ec2) => {
    const { Reservations } = await ec2.send(new DescribeInstancesCommand({ InstanceIds: [id] }))
    return Reservations?.[0]?.Instances?.[0] ?? {}
  })

const tagsOf = ({ id, region }: InstanceRecord, { admin }: World): Promise<Record<string, string>> =>
  admin.withClient(region, async (ec2) => {
    const { Tags } = await ec2.send(new DescribeTagsCommand({ Filters: [{ Name: 'resource-id', Values: [id] }] }))
    return Object.fromEntries((Tags ?? []).map(({ Key = '', Value = '' }) => [Key, Value]))
  })

/** It powered off: what that means to EC2 was said at its launch, or later. */
async function endedByItself(record: InstanceRecord, world: World): Promise<void> {
  if (record.goal !== 'running') return
  const { id, region } = record
  const behavior = await world.admin.withClient(region, async (ec2) => {
    const Attribute = 'instanceInitiatedShutdownBehavior'
    const said = await ec2.send(new DescribeInstanceAttributeCommand({ InstanceId: id, Attribute }))
    return said.InstanceInitiatedShutdownBehavior?.Value
  })
  const [goal, Action] =
    behavior === 'terminate' ? (['terminated', 'TerminateInstances'] as const) : (['stopped', 'StopInstances'] as const)
  move(record, goal, world.now())
  await world.admin.ask('ec2', region, { Action, 'InstanceId.1': id })
}
