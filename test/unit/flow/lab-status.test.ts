import { mkdirSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { KeeperStatus } from '../../../src/flow/keeper-status.js'
import { allLabs, labStatus } from '../../../src/flow/lab-status.js'
import type { AskKeeper } from '../../../src/ports.js'
import { labPaths } from '../../../src/state/paths.js'
import { ensureKey } from '../../../src/state/store.js'
import { fakeContext, fakeProcesses, saveSomeKeeper, saveSomeLab, type FakeContext } from '../../fakes/context.js'
import { somePlan } from '../../fakes/plan.js'

const answer: KeeperStatus = {
  labId: 'lab-one',
  engine: { state: 'serving', pid: 8, restarts: 0 },
  activity: { inFlight: 1, requests: 5 },
  tokens: { prompt: 10, generated: 20 },
  lease: { endsAt: '2026-01-01T02:00:00.000Z', endsBy: 'deadline', idleForMs: 0, warn: false },
}

/** A lab "one" with a record, a key and a keeper that runs and says `said`. */
async function laboratory(said: () => unknown, pids = [1, 7]): Promise<FakeContext> {
  const context = fakeContext({ ask: async () => said(), processes: fakeProcesses(pids) })
  await saveSomeLab(context.paths, 'one')
  await ensureKey(context.paths, 'one')
  await saveSomeKeeper(context.paths, 'one')
  return context
}

it.each([
  ['that was killed', 99, 'me@here', /; the `labos run` it was for is gone: `labos down one` removes it$/],
  ['that goes on', 1, 'me@here', /^`labos up` stopped after: \w+$/],
  ['of another computer', 99, 'me@elsewhere', /^`labos up` stopped after: \w+$/],
])('a lab of a run %s', async (_, pid, owner, detail) => {
  const context = fakeContext({ processes: fakeProcesses([1]), owner: 'me@here' })
  await saveSomeLab(context.paths, 'one', { runner: { pid, startTime: `t${String(pid)}`, owner } })
  expect((await labStatus('one', context)).detail).toMatch(detail)
})

describe('a lab that serves', () => {
  it('is told from its record and its keeper', async () => {
    const context = await laboratory(() => answer)
    expect(await labStatus('one', context)).toEqual({
      name: 'one',
      id: 'lab-one',
      state: 'serving',
      model: 'smollm2',
      provider: 'local',
      engine: 'llama.cpp',
      endpoint: 'http://127.0.0.1:8484/v1',
      contextTokens: 8192,
      createdAt: '2026-01-01T00:00:00.000Z',
      startedAt: '2026-01-01T00:00:05.000Z',
      usdPerHour: 0,
      lease: answer.lease,
      activity: { inFlight: 1, requests: 5 },
      tokens: { prompt: 10, generated: 20 },
      restarts: 0,
      pids: { keeper: 7, engine: 8 },
    })
  })

  it('is asked at its own port with its own key, and not for long', async () => {
    const asked: Parameters<AskKeeper>[0][] = []
    const context = fakeContext({
      processes: fakeProcesses([7]),
      ask: async (question) => {
        asked.push(question)
        return answer
      },
    })
    await saveSomeLab(context.paths, 'one', { plan: somePlan({ port: 9123, lease: { idleMs: 60_000 } }) })
    const key = await ensureKey(context.paths, 'one')
    await saveSomeKeeper(context.paths, 'one')
    expect((await labStatus('one', context)).lease).toEqual({ ...answer.lease, idleMs: 60_000 })
    expect(asked).toEqual([{ port: 9123, key, method: 'GET', path: '/labos/status', timeoutMs: 2000 }])
  })
})

describe('a lab whose keeper runs', () => {
  it.each(['starting', 'restarting', 'unresponsive', 'failed'] as const)('is %s when it says so', async (state) => {
    const lastExit = { at: '2026-01-01T00:01:00.000Z', why: 'SIGKILL' }
    const engine = { state, detail: 'because', restarts: 2, lastExit }
    const context = await laboratory(() => ({ ...answer, engine }))
    expect(await labStatus('one', context)).toMatchObject({ state, detail: 'because', restarts: 2, lastExit })
  })

  const notAnAnswer: readonly (readonly [string, () => unknown])[] = [
    [
      'nobody answers',
      () => {
        throw new Error('ECONNREFUSED')
      },
    ],
    ['the answer is no status', () => ({ hello: 'world' })],
    ['the answer is nothing', () => undefined],
    ['another lab answers at its port', () => ({ ...answer, labId: 'lab-two' })],
  ]
  it.each(notAnAnswer)('is unresponsive when %s', async (_, said) => {
    expect(await labStatus('one', await laboratory(said))).toMatchObject({
      state: 'unresponsive',
      detail: 'its keeper runs but does not answer',
      pids: { keeper: 7 },
    })
  })

  it('is unresponsive without its key: nothing is asked', async () => {
    const context = fakeContext({ processes: fakeProcesses([7]) })
    await saveSomeLab(context.paths, 'one')
    await saveSomeKeeper(context.paths, 'one')
    expect(await labStatus('one', context)).toMatchObject({ state: 'unresponsive' })
  })
})

describe('a lab whose keeper does not run', () => {
  it('is lost when it left without a word', async () => {
    const status = await labStatus('one', await laboratory(() => answer, [1]))
    expect([status.state, status.pids]).toEqual(['lost', undefined])
  })

  it('is lost when another process has its pid now', async () => {
    const context = await laboratory(() => answer)
    await saveSomeKeeper(context.paths, 'one', { startTime: 'before the reboot' })
    expect(await labStatus('one', context)).toMatchObject({ state: 'lost' })
  })

  it.each([
    ['deadline', 'ended'],
    ['idle', 'ended'],
    ['stopped', 'ended'],
    ['failed', 'failed'],
  ] as const)('that left for %s is %s, with its reason', async (reason, state) => {
    const context = await laboratory(() => answer, [1])
    await saveSomeKeeper(context.paths, 'one', { ended: { at: '2026', reason, detail: 'it says why' } })
    expect(await labStatus('one', context)).toMatchObject({ state, detail: 'it says why' })
  })
})

describe('a lab that is not whole', () => {
  it('is unfinished without a keeper, and says how far `up` came', async () => {
    const context = fakeContext()
    await saveSomeLab(context.paths, 'one', { stepsDone: ['plan', 'laboratory'] })
    await saveSomeLab(context.paths, 'two', { stepsDone: [] })
    const [one, two] = await allLabs(context)
    expect(one).toMatchObject({ state: 'unfinished', detail: '`labos up` stopped after: laboratory' })
    expect(two).toMatchObject({ state: 'unfinished', detail: '`labos up` stopped after: nothing' })
  })

  it('is unfinished when its folder is empty', async () => {
    const context = fakeContext()
    mkdirSync(labPaths(context.paths, 'one').dir, { recursive: true })
    expect(await labStatus('one', context)).toEqual({
      name: 'one',
      state: 'unfinished',
      detail: 'its folder holds no record yet',
    })
  })

  it.each(['record', 'keeper'] as const)('is damaged when its %s does not parse, and hides no other', async (file) => {
    const context = await laboratory(() => answer)
    await saveSomeLab(context.paths, 'another')
    writeFileSync(labPaths(context.paths, 'one')[file], '{')
    const labs = await allLabs(context)
    expect(labs.map(({ name, state }) => [name, state])).toEqual([
      ['another', 'unfinished'],
      ['one', 'damaged'],
    ])
    expect(labs[1]?.detail).toContain(labPaths(context.paths, 'one')[file])
  })
})
