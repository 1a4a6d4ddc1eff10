/** A lab's stack after an interruption or a crash: the machine is known, or found again, and never a second one. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { readFile, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { checkpointFile, locksDir } from '../../src/adapters/pulumi/folder.js'
import { systemClock } from '../../src/adapters/system-clock.js'
import { interrupted } from '../../src/errors/interrupted.js'
import { caught } from '../fakes/climbing.js'
import { cloudSuite, until } from '../fakes/cloud-suite.js'
import { isLinux, programsIn, stackBench, type StackBench } from '../fakes/stack-bench.js'

const suite = cloudSuite()
const { fault, machinesOf, requestsOf } = suite
const benches: StackBench[] = []

async function bench(): Promise<StackBench> {
  const lab = await stackBench(suite)
  benches.push(lab)
  return lab
}

const idOf = (outcome: Awaited<ReturnType<StackBench['up']>>): string =>
  'machine' in outcome ? outcome.machine.id : JSON.stringify(outcome.failed)

async function kill(lab: StackBench, role: 'engine' | 'provider'): Promise<void> {
  const mark = (await lab.running()).find((each) => each.role === role)
  if (!mark) throw new Error(`no ${role} runs`)
  process.kill(mark.pid, 'SIGKILL')
}

/** Scripts what happens when the request for a machine is at the cloud, before or after it is carried out. */
const atRun = (when: 'before' | 'after', act: () => void | Promise<void>): void =>
  void fault({
    action: 'RunInstances',
    times: 1,
    kind: {
      call: async (phase) => {
        if (phase === when) await act()
      },
    },
  })

afterEach(async () => {
  for (const lab of benches.splice(0)) {
    expect(await lab.running()).toEqual([])
    if (isLinux) expect(programsIn(lab.folder.dir)).toEqual([])
  }
})

describe('an interruption', () => {
  it.each(['before', 'after'] as const)('%s the request is carried out: the machine is in the state', async (when) => {
    const lab = await bench()
    const over = new AbortController()
    const reason = interrupted('SIGINT')
    atRun(when, () => over.abort(reason))
    expect(await caught(lab.up({}, over.signal))).toBe(reason)
    const [id] = await machinesOf(lab.labId)
    expect(lab.said).toEqual(['trying', `made ${String(id)}`])
    expect([lab.state().ids[1], lab.state().pending]).toEqual([id, 0])
    expect(idOf(await lab.up())).toBe(id)
    expect(await machinesOf(lab.labId)).toEqual([id])
  })

  it('before there is a request: none is sent', async () => {
    const lab = await bench()
    const over = new AbortController()
    const call = async (phase: 'before' | 'after'): Promise<void> => {
      if (phase !== 'before') return
      over.abort(interrupted('SIGINT'))
      await systemClock.sleep(2000) // the provider is told meanwhile
    }
    fault({ action: 'DescribeInstances', times: 1, kind: { call } })
    const before = requestsOf('RunInstances')
    expect(await caught(lab.up({}, over.signal))).toMatchObject({ code: 'interrupted' })
    expect([requestsOf('RunInstances'), await machinesOf(lab.labId)]).toEqual([before, []])
  })

  it('before there is an engine: nothing is begun', async () => {
    const lab = await bench()
    const before = suite.cloud().journal.length
    const reason = interrupted('SIGTERM')
    expect(await caught(lab.up({}, AbortSignal.abort(reason)))).toBe(reason)
    expect([suite.cloud().journal.length, lab.state().ids]).toEqual([before, []])
  })
})

describe('after a crash', () => {
  it('of the engine: what still works is waited for, its lock and open ends are removed, the machine adopted', async () => {
    const lab = await bench()
    let settled: unknown
    atRun('before', async () => {
      await kill(lab, 'engine')
      settled = lab.settle()
      await systemClock.sleep(1000)
    })
    expect(await lab.up()).toMatchObject({ failed: { logs: lab.folder.runsDir } })
    // It was asked for just now: a search by tag may not see it yet.
    expect(await settled).toMatchObject({ settleRegion: 'us-east-1' })
    const [id] = await machinesOf(lab.labId)
    expect(id).toBeDefined()
    expect(lab.state().pending).toBe(1)
    expect(idOf(await lab.up())).toBe(id)
    expect(lab.notes).toEqual(['a lock left by an engine that was killed is removed'])
    expect([await machinesOf(lab.labId), lab.state().pending]).toEqual([[id], 0])
  })

  it('of the provider, its answer lost: a look proves nothing for a while, and the same request is sent again', async () => {
    const lab = await bench()
    atRun('after', () => kill(lab, 'provider'))
    expect(await lab.up()).toMatchObject({ failed: { logs: lab.folder.runsDir } })
    expect((await lab.settle()).settleUntilMs).toBeGreaterThan(systemClock.now())
    const [id] = await machinesOf(lab.labId)
    suite.cloud().settings.notFoundMs = 60_000
    const before = requestsOf('RunInstances')
    const late = lab.up()
    await until(() => requestsOf('RunInstances') > before)
    suite.cloud().settings.notFoundMs = 0
    expect(idOf(await late)).toBe(id)
    expect(await machinesOf(lab.labId)).toEqual([id])
  })

  it.each([
    ['cut short', (path: string) => truncate(path, 100)],
    ['empty', (path: string) => truncate(path, 0)],
    ['of another form', (path: string) => writeFile(path, '{"version":3}')],
  ])('with a state that is %s: it is set aside, and the machine adopted', async (_, damage) => {
    const lab = await bench()
    const id = idOf(await lab.up())
    const path = checkpointFile(lab.folder, lab.labId)
    await damage(path)
    const damaged = await readFile(path, 'utf8')
    expect(idOf(await lab.up())).toBe(id)
    expect(lab.notes).toEqual([expect.stringMatching(/does not parse.*damaged/)])
    expect(await readFile(`${path}.damaged`, 'utf8')).toBe(damaged)
    expect([await machinesOf(lab.labId), lab.state().ids.includes(id)]).toEqual([[id], true])
  })

  it('with a lock of a process that is gone: it is removed', async () => {
    const lab = await bench()
    const locks = locksDir(lab.folder, lab.labId)
    mkdirSync(locks, { recursive: true })
    const lock = { pid: 2 ** 22 + 1, username: 'ada', hostname: 'here', timestamp: '2026-01-01T00:00:00Z' }
    writeFileSync(join(locks, 'one.json'), JSON.stringify(lock))
    writeFileSync(join(locks, 'two.json'), '')
    if (isLinux) writeFileSync(join(locks, 'three.json'), JSON.stringify({ ...lock, pid: process.pid })) // used again
    expect(await lab.up()).toHaveProperty('machine')
    expect(lab.notes).toEqual(['a lock left by an engine that was killed is removed'])
  })
})
