/** The provider as a process: what it says, how it ends, and what becomes of its work when others are killed. */
import grpc from '@grpc/grpc-js'
import { afterEach, describe, expect, it } from 'vitest'
import type { Values } from '../../infra/provider/handler.js'
import { SAYS } from '../../infra/spec.js'
import { intentFile } from '../../src/adapters/intent-file.js'
import { systemClock } from '../../src/adapters/system-clock.js'
import { cloudSuite, until } from '../fakes/cloud-suite.js'
import { zonesOf } from '../fakes/ec2-calls.js'
import { cancel, create, errorOf, partOf, type TestLab, testLab } from '../fakes/provider-calls.js'
import {
  endProviders,
  filesIn,
  type ProviderProcess,
  type ProviderWish,
  startEngine,
  startProvider,
} from '../fakes/provider-process.js'
import { tempDir } from '../fakes/temp-dir.js'

const suite = cloudSuite()
const { fault, machinesOf, requestsOf } = suite
const newLab = (): TestLab => testLab(suite.newLabId())
const start = (more: Partial<ProviderWish> = {}): Promise<ProviderProcess> =>
  startProvider({ dir: tempDir(), env: suite.cloud().env, ...more })

afterEach(endProviders)

describe('a provider at work', () => {
  it('says what it does to the engine, by the line', async () => {
    const engine = await startEngine()
    const running = await start({ engineAddress: engine.address })
    const lab = newLab()
    const group = await create(running, lab.urn.access, lab.access)
    fault({ action: 'RunInstances', times: 1, kind: { error: 'InsufficientInstanceCapacity', status: 500 } })
    const rungs = zonesOf(2)
    await create(running, lab.urn.machine, lab.machine(group.getId(), { rungs }))
    await until(() => engine.lines.length === 4)
    const said = engine.lines.map((line) => JSON.parse(line.getMessage().slice(SAYS.length)) as Values)
    expect(said.map(({ type }) => type)).toEqual(['trying', 'refused', 'trying', 'made'])
    expect(said[1]).toEqual({ type: 'refused', rung: rungs[0], code: 'InsufficientInstanceCapacity' })
    for (const line of engine.lines) expect([line.getUrn(), line.getEphemeral()]).toEqual([lab.urn.machine, true])
    engine.close()
  })

  it('ends a wait for capacity when it is cancelled', async () => {
    const running = await start()
    const lab = newLab()
    const group = await create(running, lab.urn.access, lab.access)
    fault({ action: 'RunInstances', kind: { error: 'InsufficientInstanceCapacity', status: 500 } })
    const before = requestsOf('RunInstances')
    const outcome = errorOf(create(running, lab.urn.machine, lab.machine(group.getId(), { waitCapacityMs: 600_000 })))
    await until(() => requestsOf('RunInstances') === before + 1)
    await cancel(running)
    const error = await outcome
    expect([error.code, partOf(error)]).toEqual([grpc.status.CANCELLED, undefined])
    expect([requestsOf('RunInstances'), await machinesOf(lab.id)]).toEqual([before + 1, []])
  })

  it('leaves when it is told to and has nothing to do', async () => {
    const running = await start()
    running.child.kill('SIGINT')
    expect(await running.ended).toBe(0)
  })

  it('leaves after its answer when it is told to during a create, and the machine is known', async () => {
    const running = await start()
    const lab = newLab()
    const group = await create(running, lab.urn.access, lab.access)
    fault({
      action: 'RunInstances',
      kind: {
        call: (phase) => {
          if (phase === 'before') running.child.kill('SIGINT')
        },
      },
    })
    const error = await errorOf(create(running, lab.urn.machine, lab.machine(group.getId())))
    expect(await machinesOf(lab.id)).toEqual([partOf(error)?.getId()])
    expect(await running.ended).toBe(0)
  })

  it.each(['before', 'after'])(
    'finishes its request when its engine is killed %s it is carried out, and leaves',
    async (when) => {
      const dir = tempDir()
      const running = await start({ dir, byShell: true })
      const lab = newLab()
      const group = await create(running, lab.urn.access, lab.access)
      fault({
        action: 'RunInstances',
        kind: {
          call: async (phase) => {
            if (phase !== when) return
            running.child.kill('SIGKILL')
            await running.ended
            await systemClock.sleep(2500) // it has seen that its engine is gone
          },
        },
      })
      const error = await errorOf(create(running, lab.urn.machine, lab.machine(group.getId())))
      const [id] = await machinesOf(lab.id)
      expect(partOf(error)?.getId()).toBe(id)
      expect((await intentFile(`${dir}/intent.json`).last())?.answer).toEqual({ id })
      await until(async () => (await running.pid()) === undefined)
      expect(filesIn(dir)).toEqual(['intent.json', 'running'])
    },
  )

  it('leaves when its engine is gone and nobody asks anything', async () => {
    const running = await start({ byShell: true })
    running.child.kill('SIGKILL')
    await running.ended
    await until(async () => (await running.pid()) === undefined)
  })
})
