/**
 * A cloud for tests and for trying things out: moto behind a proxy that adds what moto lacks and breaks what is asked of
 * it. Programs reach it by `AWS_ENDPOINT_URL` alone.
 */
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { EC2Client } from '@aws-sdk/client-ec2'
import { ec2Handlers, makeWorld } from './ec2.js'
import { type Fault, makeFaults } from './faults.js'
import { startMoto } from './moto.js'
import { seedNetwork } from './network.js'
import { makeProxy } from './proxy.js'
import type { AwsRequest } from './request.js'
import { serviceAnswer } from './services.js'

export interface CloudSettings {
  /** How long a machine is `pending` after its start. */
  pendingMs: number
  /** How long a machine is `shutting-down`, or `stopping`. */
  shuttingDownMs: number
  /** How long reads do not know of a new machine. */
  notFoundMs: number
  /** How long a running machine has no public address yet. */
  addressLateMs: number
  /** vCPUs by quota code. */
  quotas: Record<string, number>
}

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
  close(): Promise<void>
}

const REGION = 'us-east-1'
const DEFAULTS: CloudSettings = {
  pendingMs: 300,
  shuttingDownMs: 300,
  notFoundMs: 0,
  addressLateMs: 0,
  quotas: { 'L-DB2E81BA': 64, 'L-417A185B': 192, 'L-3819A6DF': 64, 'L-7212CCBC': 192, 'L-C4BD4855': 192 },
}

export async function startCloud(
  wish: { readonly port?: number; readonly settings?: Partial<CloudSettings> } = {},
): Promise<Cloud> {
  const moto = await startMoto()
  const settings: CloudSettings = { ...DEFAULTS, ...wish.settings }
  const journal: JournalEntry[] = []
  const faults = makeFaults()
  const world = makeWorld(settings, () => performance.now())
  const network = regionNetworks(moto.url)
  const server = makeProxy({
    motoUrl: moto.url,
    journal,
    meet: async (request) => {
      if (request.service === 'ec2') await network.prepare(request.region)
      return faults.meet(request, network.zoneOf)
    },
    answer: async (request, forward) => {
      const handler = request.service === 'ec2' ? ec2Handlers[request.action] : undefined
      return handler ? handler(request, forward, world) : (serviceAnswer(request, settings) ?? forward())
    },
  }).listen(wish.port ?? 0, '127.0.0.1')
  try {
    await once(server, 'listening')
  } catch (error) {
    await moto.stop()
    throw error
  }
  const url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`
  return {
    url,
    env: environment(url),
    journal,
    settings,
    fault: (fault) => faults.add(fault),
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      await moto.stop()
    },
  }
}

/** Names and keys are fakes: the cloud does not look at them. */
const environment = (url: string): Record<string, string> => ({
  AWS_ENDPOINT_URL: url,
  AWS_ACCESS_KEY_ID: 'test',
  AWS_SECRET_ACCESS_KEY: 'test',
  AWS_REGION: REGION,
  AWS_EC2_METADATA_DISABLED: 'true',
})

interface Networks {
  /** Makes the region's way out, once. */
  prepare(region: string): Promise<void>
  /** Of a subnet in a region that was prepared. */
  zoneOf(subnetId: string): string | undefined
}

function regionNetworks(endpoint: string): Networks {
  const made = new Map<string, Promise<void>>()
  const zones = new Map<string, string>()
  const make = async (region: string): Promise<void> => {
    const client = new EC2Client({ endpoint, region, credentials: { accessKeyId: 'test', secretAccessKey: 'test' } })
    for (const [subnetId, zone] of await seedNetwork(client)) zones.set(subnetId, zone)
    client.destroy()
  }
  return {
    prepare: (region) => {
      const network = made.get(region) ?? make(region)
      made.set(region, network)
      return network
    },
    zoneOf: (subnetId) => zones.get(subnetId),
  }
}
