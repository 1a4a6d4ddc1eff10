import { writeFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { findMachine } from '../../../src/flow/find-machine.js'
import type { SshPlace } from '../../../src/ports.js'
import { labPaths } from '../../../src/state/paths.js'
import { readRentedLab } from '../../../src/state/read.js'
import { fakeContext, type FakeContext } from '../../fakes/context.js'
import { cloudMachine, fakeCloud, type FakeCloud, rentedLab, saveRentedLab } from '../../fakes/rented.js'
import { HOST_KEY, served } from '../../fakes/served.js'

const never = new AbortController().signal
const known: SshPlace = {
  ...{ host: '198.51.100.7', port: 22, user: 'ubuntu' },
  identity: { privateKey: 'PRIVATE KEY' },
  hostKeys: [HOST_KEY],
}

async function world(more = {}): Promise<{ context: FakeContext; cloud: FakeCloud }> {
  const base = fakeContext()
  const cloud = fakeCloud(base.clock)
  await base.clock.advance(3_600_000)
  await saveRentedLab(base.paths, { ...served, ...more })
  writeFileSync(labPaths(base.paths, 'one').userKey, 'PRIVATE KEY')
  return { context: { ...base, aws: cloud.aws }, cloud }
}

it('finds a machine where its record says that it is now, and asks nobody', async () => {
  const { context, cloud } = await world({ machine: { ...rentedLab().machine!, address: '198.51.100.9' } })
  expect(await findMachine('one', known, context, never)).toEqual({ ...known, host: '198.51.100.9' })
  expect(cloud.asked.size).toBe(0)
})

it('else asks EC2, and the record has its address then', async () => {
  const { context, cloud } = await world()
  cloud.machines = [cloudMachine({ address: '198.51.100.8' })]
  expect(await findMachine('one', known, context, never)).toEqual({ ...known, host: '198.51.100.8' })
  expect(readRentedLab(context.paths, 'one')?.machine?.address).toBe('198.51.100.8')
})

it('knows nothing of one that is stopped, and of a host that is always where it was', async () => {
  const { context, cloud } = await world()
  const { address: _address, ...stopped } = cloudMachine({ state: 'stopped' })
  cloud.machines = [stopped]
  expect(await findMachine('one', known, context, never)).toBeUndefined()
  const host = await world({ ssh: { user: 'ada', port: 22, host: 'box', hostKeys: [HOST_KEY] } })
  expect(await findMachine('one', known, host.context, never)).toBeUndefined()
  expect(host.cloud.asked.size).toBe(0)
})

it('says that it is gone where EC2 does', async () => {
  const { context, cloud } = await world()
  cloud.machines = [cloudMachine({ state: 'terminated' })]
  await expect(findMachine('one', known, context, never)).rejects.toMatchObject({ code: 'machine.gone' })
})
