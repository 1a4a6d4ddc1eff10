/**
 * A cloud for tests and for trying things out: moto behind a proxy that adds what moto lacks and breaks what is asked of
 * it. Programs reach it by `AWS_ENDPOINT_URL` alone.
 */
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { adminOf } from './admin.js'
import { deniedTo, USER_ARN } from './denials.js'
import { doorTo } from './door.js'
import { ec2Handlers } from './ec2.js'
import { type Fault, makeFaults } from './faults.js'
import { ADMIN_KEY_ID } from './guard.js'
import { type Hosts, mayRegroup } from './hosts.js'
import { type CloudLeftover, leftoversIn } from './leftovers.js'
import { startMoto } from './moto.js'
import type { Policy } from './policy.js'
import { makeProxy } from './proxy.js'
import { closedRegion } from './regions.js'
import { type AwsRequest, refusal } from './request.js'
import { serviceAnswer } from './services.js'
import { type CloudSettings, DEFAULTS } from './settings.js'
import type { AccessKey } from './signature.js'
import { noPorts, sshPorts } from './ssh-port.js'
import { makeWorld } from './world.js'

export interface JournalEntry extends AwsRequest {
  readonly seq: number
  readonly atMs: number
  phase: 'open' | 'answered' | 'cut'
  status?: number
  code?: string
  /** The scripted fault it met, as JSON. */
  fault?: string
}

export interface Cloud {
  readonly url: string
  /** What a program needs to use this cloud and no other. */
  readonly env: Readonly<Record<string, string>>
  /** Every request, in the order of arrival. */
  readonly journal: readonly JournalEntry[]
  readonly settings: CloudSettings
  /** Scripts a fault; returns what takes it back. */
  fault(fault: Fault): () => void
  /** What carries a tag of labos and still exists, in every region that was ever asked. */
  leftovers(): Promise<readonly CloudLeftover[]>
  /**
   * Makes a user who may do what the policy says and nothing else; resolves to what a program needs to be that user. Who
   * uses `env` stays the administrator, and any other key is refused from then on. Rejects where AWS would not take it.
   */
  enforce(policy: Policy | string): Promise<Readonly<Record<string, string>>>
  close(): Promise<void>
}

const REGION = 'us-east-1'

export interface CloudWish {
  /** Of the proxy; by default one that is free. */
  readonly port?: number
  readonly settings?: Partial<CloudSettings>
  /** Machines behind the instances, which the caller closes after the cloud; without them an instance is a record. */
  readonly hosts?: Hosts
  /** Hears what the cloud cannot do here. */
  readonly log?: (line: string) => void
  /** Ends the start; nothing of the cloud runs then. */
  readonly signal?: AbortSignal
}

export async function startCloud({ port = 0, settings: wish, hosts, log, signal }: CloudWish = {}): Promise<Cloud> {
  const moto = await startMoto(signal)
  const settings: CloudSettings = { ...structuredClone(DEFAULTS), ...wish }
  const journal: JournalEntry[] = []
  const faults = makeFaults()
  const door = doorTo(moto.url)
  const world = makeWorld(settings, adminOf(moto.url, door), moto.url, hosts)
  const ssh = hosts ? noPorts : sshPorts(world, log ?? (() => undefined))
  const server = makeProxy({
    door,
    journal,
    meet: async (request) => {
      if (request.service === 'ec2') await world.networks.prepare(request.region)
      return faults.meet(request, world.networks.zoneOf)
    },
    refuse: (request, { error, message, status }) =>
      error === 'UnauthorizedOperation' && message === undefined
        ? world.denials.refuse(request, deniedTo(USER_ARN, request))
        : refusal(request, error, message ?? `${error}, as scripted`, status),
    keyOf: world.guard.keyOf,
    answer: async (request, forward) => {
      const refused = closedRegion(request, settings) ?? (await world.guard.refuse(request, world))
      if (refused) return refused
      const handler = request.service === 'ec2' ? ec2Handlers[request.action] : undefined
      const answer = await (handler?.(request, forward, world) ?? serviceAnswer(request, world) ?? forward())
      if (mayRegroup(request)) await hosts?.regroup(request.region, world)
      ssh.look()
      return world.guard.translate(request, answer, world)
    },
  }).listen(port, '127.0.0.1')
  try {
    await once(server, 'listening')
  } catch (error) {
    ssh.close()
    door.close()
    await moto.stop()
    throw error
  }
  const url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`
  return {
    url,
    env: environment(url, { id: ADMIN_KEY_ID, secret: 'test' }),
    journal,
    settings,
    fault: (fault) => faults.add(fault),
    enforce: async (policy) => environment(url, await world.guard.add(policy)),
    leftovers: () => leftoversIn(world),
    close: async () => {
      await hosts?.close()
      ssh.close()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      door.close()
      await moto.stop()
    },
  }
}

const environment = (url: string, { id, secret }: AccessKey): Record<string, string> => ({
  AWS_ENDPOINT_URL: url,
  AWS_ACCESS_KEY_ID: id,
  AWS_SECRET_ACCESS_KEY: secret,
  AWS_REGION: REGION,
  AWS_EC2_METADATA_DISABLED: 'true',
})
