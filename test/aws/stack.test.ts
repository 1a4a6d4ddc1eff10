/** A lab's stack on the real Pulumi and the test cloud: one machine, whatever happens in between. */
import { mkdirSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { TerminateInstancesCommand } from '@aws-sdk/client-ec2'
import { afterEach, describe, expect, it } from 'vitest'
import { LabosError } from '../../src/errors/labos-error.js'
import { ec2Of } from '../cloud/clients.js'
import { cloudSuite } from '../fakes/cloud-suite.js'
import { caught } from '../fakes/climbing.js'
import { environmentOf, isLinux, programsIn, stackBench, type StackBench } from '../fakes/stack-bench.js'

const suite = cloudSuite()
const { fault, machinesOf } = suite
const benches: StackBench[] = []

async function bench(env: Readonly<Record<string, string>> = {}): Promise<StackBench> {
  const lab = await stackBench(suite, env)
  benches.push(lab)
  return lab
}

const idOf = (outcome: Awaited<ReturnType<StackBench['up']>>): string =>
  'machine' in outcome ? outcome.machine.id : JSON.stringify(outcome.failed)

/** Folders of the stack's own; what the engine makes in them is behind their doors. */
const folders = (dir: string): string[] =>
  readdirSync(dir, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => join(dir, name))

afterEach(async () => {
  for (const lab of benches.splice(0)) {
    expect(await lab.running()).toEqual([])
    if (isLinux) expect(programsIn(lab.folder.dir)).toEqual([])
  }
})

describe('up', () => {
  it('makes a machine, and none again', async () => {
    const lab = await bench()
    const first = await lab.up()
    expect(first).toMatchObject({
      machine: { state: 'running', region: 'us-east-1', address: expect.any(String) as string },
    })
    expect(await machinesOf(lab.labId)).toEqual([idOf(first)])
    expect(lab.said).toEqual(['trying', `made ${idOf(first)}`])
    const before = suite.cloud().journal.length
    expect(idOf(await lab.up())).toBe(idOf(first))
    expect(suite.cloud().journal.length).toBe(before)
    const modes = [lab.folder.dir, join(lab.folder.dir, '..'), ...folders(lab.folder.dir)]
    expect(modes.filter((path) => (statSync(path).mode & 0o777) !== 0o700)).toEqual([])
    expect(statSync(lab.folder.intentFile).mode & 0o777).toBe(0o600)
    expect([lab.notes, lab.state().pending]).toEqual([[], 0])
  })

  it('makes another one when the machine was ended by hand, and the cloud is asked', async () => {
    const lab = await bench()
    const first = idOf(await lab.up())
    const ec2 = ec2Of(suite.cloud())
    await ec2.send(new TerminateInstancesCommand({ InstanceIds: [first] }))
    ec2.destroy()
    const second = idOf(await lab.up({ refresh: true }))
    expect(second).not.toBe(first)
    expect([await machinesOf(lab.labId), lab.state().ids]).toEqual([[second], expect.arrayContaining([second])])
  })

  it('says what was refused, and leaves nothing but the group', async () => {
    const lab = await bench()
    fault({ action: 'RunInstances', kind: { error: 'InsufficientInstanceCapacity', status: 500 } })
    const outcome = await lab.up()
    expect(outcome).toMatchObject({
      failed: {
        code: 'InsufficientInstanceCapacity',
        permission: 'ec2:RunInstances',
        tried: [{}],
        logs: lab.folder.runsDir,
      },
    })
    expect(await machinesOf(lab.labId)).toEqual([])
  })

  it('makes nothing when what to make cannot be known', async () => {
    const lab = await bench()
    const before = suite.cloud().journal.length
    const why = new LabosError('quota.vcpu', 'no', { suggestions: ['none'] })
    expect(await caught(lab.up({ spec: Promise.reject(why) }))).toBe(why)
    expect(suite.cloud().journal.length).toBe(before)
  })

  it('is refused while another one works, and harms nothing', async () => {
    const lab = await bench()
    let second: ReturnType<StackBench['up']> | undefined
    fault({
      action: 'RunInstances',
      times: 1,
      kind: {
        call: async (phase) => {
          if (phase === 'before') await (second = lab.up())
        },
      },
    })
    const first = await lab.up()
    expect(await second).toMatchObject({ failed: { message: expect.stringMatching(/locked/) as string } })
    expect(await machinesOf(lab.labId)).toEqual([idOf(first)])
    expect(idOf(await lab.up())).toBe(idOf(first))
  })
})

describe('the engine', () => {
  it('sees nothing that steers it elsewhere, and no address but of this computer', async (context) => {
    if (!isLinux) context.skip('this machine has no /proc')
    const theirs = { PULUMI_ACCESS_TOKEN: 'pul-1', PULUMI_STACK: 'prod', PULUMI_K8S: '1', NODE_OPTIONS: '--inspect' }
    const lab = await bench(theirs)
    const seen: Record<string, string>[] = []
    fault({
      action: 'RunInstances',
      kind: {
        call: async (phase) => {
          if (phase === 'before') for (const { pid } of await lab.running()) seen.push(environmentOf(pid))
        },
      },
    })
    await lab.up()
    expect(seen.length).toBe(2)
    for (const env of seen) {
      expect(Object.keys(env).filter((name) => name in theirs)).toEqual([])
      const addresses = Object.values(env).flatMap((value) => value.match(/\b[a-z0-9]+:\/\/[^\s/]*/g) ?? [])
      expect(addresses.filter((each) => !/^(?:file:\/\/|(?:http|tcp):\/\/127\.0\.0\.1:\d+)$/.test(each))).toEqual([])
      for (const name of ['PULUMI_HOME', 'TMPDIR']) expect(env[name]?.startsWith(lab.folder.dir)).toBe(true)
    }
  })

  it('keeps its state where LABOS_STATE says, and forgets it when all is gone', async () => {
    const shared = await bench()
    const state = join(shared.folder.dir, '..', 'shared')
    const lab = await bench({ LABOS_STATE: `file://${state}` })
    mkdirSync(state, { recursive: true })
    await lab.up()
    const stacks = join(state, '.pulumi', 'stacks', 'labos')
    expect(readdirSync(stacks)).toContain(`${lab.labId}.json`)
    await lab.forget()
    await lab.forget()
    expect(readdirSync(stacks)).not.toContain(`${lab.labId}.json`)
  })
})
