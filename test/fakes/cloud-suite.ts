/** A test cloud for one file: what its labs hold is given back at the end, and nothing of them may be left. */
import { DescribeInstancesCommand } from '@aws-sdk/client-ec2'
import { afterAll, afterEach, beforeAll, expect } from 'vitest'
import { systemClock } from '../../src/adapters/system-clock.js'
import { ec2Of } from '../cloud/clients.js'
import { type Cloud, startCloud } from '../cloud/cloud.js'
import type { Fault } from '../cloud/faults.js'
import type { CloudSettings } from '../cloud/settings.js'
import { giveBack } from './give-back.js'

export interface CloudSuite {
  /** There from the first test on. */
  cloud(): Cloud
  /** Scripted until the end of the test, or until it is taken back. */
  fault(fault: Fault): () => void
  /** An id that is remembered, so that what it holds is given back. */
  newLabId(): string
  /** Ids of machines that live. */
  machinesOf(labId: string): Promise<string[]>
  /** How many requests of that action came so far. */
  requestsOf(action: string): number
}

export function cloudSuite(settings: Partial<CloudSettings> = {}): CloudSuite {
  const labs: string[] = []
  const undo: (() => void)[] = []
  const open: Cloud[] = []
  const cloud = (): Cloud => {
    const [only] = open
    if (!only) throw new Error('the test cloud has not started')
    return only
  }
  beforeAll(async () => {
    process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true'
    open.push(await startCloud({ settings: { pendingMs: 50, shuttingDownMs: 50, ...settings } }))
  })
  afterEach(() => {
    for (const each of undo.splice(0)) each()
  })
  afterAll(async () => {
    await giveBack(cloud(), labs)
    const left = await cloud().leftovers()
    await cloud().close()
    expect(left).toEqual([])
  })
  return {
    cloud,
    fault: (one) => {
      const back = cloud().fault(one)
      undo.push(back)
      return back
    },
    newLabId: () => {
      const id = `lab-${String(labs.length + 1)}`
      labs.push(id)
      return id
    },
    machinesOf: (labId) => livingOf(labId, cloud()),
    requestsOf: (action) => cloud().journal.filter((entry) => entry.action === action).length,
  }
}

async function livingOf(labId: string, cloud: Cloud): Promise<string[]> {
  const ec2 = ec2Of(cloud)
  const Filters = [
    { Name: 'tag:labos:lab', Values: [labId] },
    { Name: 'instance-state-name', Values: ['pending', 'running'] },
  ]
  const { Reservations } = await ec2.send(new DescribeInstancesCommand({ Filters }))
  ec2.destroy()
  return (Reservations ?? []).flatMap(({ Instances }) => (Instances ?? []).map(({ InstanceId = '' }) => InstanceId))
}

/** Resolves when it is so; the test's own time limit ends it otherwise. */
export async function until(is: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await is())) await systemClock.sleep(20)
}
