import type { EC2Client } from '@aws-sdk/client-ec2'
import type { CloudMachine, Holding, Holdings } from '../../cloud-ports.js'
import type { ClientSettings } from './clients.js'
import { asked } from './failure.js'
import { machineOf } from './held.js'
import {
  heldAddresses,
  heldGroups,
  heldInterfaces,
  heldMachines,
  heldVolumes,
  type ListDeps,
  tagFilter,
} from './held-lists.js'

/** `StartInstances` needs a client without tries of its own: a refused capacity call is never repeated by itself. */
export function holdingsPort(client: EC2Client, settings: ClientSettings): Holdings {
  const region = typeof settings.region === 'string' ? settings.region : ''
  // Each request has a signal of its own: the SDK leaves listeners on it, and there are many requests in a command.
  const ask: Ask = (name, given, work) => {
    const signal = AbortSignal.any([given])
    return asked({ permission: `ec2:${name}`, region }, signal, () => work({ client, region, signal }))
  }
  return {
    list: (labId, signal) => list(labId, signal, ask),
    machine: (id, signal) => ask('DescribeInstances', signal, (deps) => machine(id, deps)),
    terminate: (id, signal) => ask('TerminateInstances', signal, (deps) => terminate(id, deps)),
    stop: (id, signal) => ask('StopInstances', signal, (deps) => stop(id, deps)),
    start: (id, signal) => ask('StartInstances', signal, (deps) => start(id, settings, deps)),
    remove: (holding, signal) => ask(REMOVE[holding.kind], signal, (deps) => remove(holding, deps)),
    tag: (id, tags, signal) => ask('CreateTags', signal, (deps) => tag(id, tags, deps)),
  }
}

type Ask = <T>(name: string, signal: AbortSignal, work: (deps: ListDeps) => Promise<T>) => Promise<T>

async function list(labId: string | undefined, signal: AbortSignal, ask: Ask): Promise<Holding[]> {
  const filter = tagFilter(labId)
  const found = await Promise.all([
    ask('DescribeInstances', signal, (deps) => heldMachines(filter, deps)),
    ask('DescribeVolumes', signal, (deps) => heldVolumes(filter, deps)),
    ask('DescribeAddresses', signal, (deps) => heldAddresses(filter, deps)),
    ask('DescribeNetworkInterfaces', signal, (deps) => heldInterfaces(filter, deps)),
    ask('DescribeSecurityGroups', signal, (deps) => heldGroups(filter, deps)),
  ])
  return found.flat()
}

async function machine(id: string, { client, region, signal }: ListDeps): Promise<CloudMachine | undefined> {
  const { DescribeInstancesCommand } = await import('./sdk-holdings.js')
  const answer = await unlessGone(
    client.send(new DescribeInstancesCommand({ InstanceIds: [id] }), { abortSignal: signal }),
  )
  return (answer?.Reservations ?? [])
    .flatMap(({ Instances }) => Instances ?? [])
    .flatMap((instance) => machineOf(instance, region))[0]
}

async function terminate(id: string, { client, signal }: ListDeps): Promise<void> {
  const { TerminateInstancesCommand } = await import('./sdk-holdings.js')
  await unlessGone(client.send(new TerminateInstancesCommand({ InstanceIds: [id] }), { abortSignal: signal }))
}

async function stop(id: string, { client, signal }: ListDeps): Promise<void> {
  const { StopInstancesCommand } = await import('./sdk-holdings.js')
  await client.send(new StopInstancesCommand({ InstanceIds: [id] }), { abortSignal: signal })
}

async function start(id: string, settings: ClientSettings, { signal }: ListDeps): Promise<void> {
  const { EC2Client, StartInstancesCommand } = await import('./sdk-holdings.js')
  const { retryStrategy: _retryStrategy, ...rest } = settings
  const once = new EC2Client({ ...rest, maxAttempts: 1 })
  await once.send(new StartInstancesCommand({ InstanceIds: [id] }), { abortSignal: signal })
}

/** What each kind is removed by. */
const REMOVE = {
  machine: 'TerminateInstances',
  volume: 'DeleteVolume',
  address: 'ReleaseAddress',
  'network-interface': 'DeleteNetworkInterface',
  'security-group': 'DeleteSecurityGroup',
} as const

async function remove(
  { kind, id }: Pick<Holding, 'kind' | 'id'>,
  { client, signal }: ListDeps,
): Promise<'removed' | 'in-use'> {
  const sdk = await import('./sdk-holdings.js')
  const options = { abortSignal: signal }
  const send = (): Promise<unknown> => {
    if (kind === 'machine') return client.send(new sdk.TerminateInstancesCommand({ InstanceIds: [id] }), options)
    if (kind === 'volume') return client.send(new sdk.DeleteVolumeCommand({ VolumeId: id }), options)
    if (kind === 'address') return client.send(new sdk.ReleaseAddressCommand({ AllocationId: id }), options)
    if (kind === 'security-group') return client.send(new sdk.DeleteSecurityGroupCommand({ GroupId: id }), options)
    return client.send(new sdk.DeleteNetworkInterfaceCommand({ NetworkInterfaceId: id }), options)
  }
  try {
    await unlessGone(send())
    return kind === 'machine' ? 'in-use' : 'removed' // a machine takes its time to end
  } catch (error) {
    if (isInUse(error, kind)) return 'in-use'
    throw error
  }
}

async function tag(id: string, tags: Readonly<Record<string, string>>, { client, signal }: ListDeps): Promise<void> {
  const { CreateTagsCommand } = await import('./sdk-holdings.js')
  const Tags = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }))
  await client.send(new CreateTagsCommand({ Resources: [id], Tags }), { abortSignal: signal })
}

const nameOf = (error: unknown): string => (error instanceof Error ? error.name : '')

async function unlessGone<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work
  } catch (error) {
    if (nameOf(error).endsWith('.NotFound')) return undefined
    throw error
  }
}

/** Of an interface in use EC2 says only that a parameter's value is wrong. */
const isInUse = (error: unknown, kind: Holding['kind']): boolean =>
  /(?:^DependencyViolation|\.?InUse|^IncorrectState)$/.test(nameOf(error)) ||
  (kind === 'network-interface' && nameOf(error) === 'InvalidParameterValue' && /in use/.test(String(error)))
