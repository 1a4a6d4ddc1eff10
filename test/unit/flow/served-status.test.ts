import { describe, expect, it } from 'vitest'
import { labTable, statusScreen } from '../../../src/cli/screens.js'
import type { KeeperStatus } from '../../../src/flow/keeper-status.js'
import { allLabs, labStatus } from '../../../src/flow/lab-status.js'
import { refreshedStatus } from '../../../src/flow/refresh-status.js'
import { ensureKey } from '../../../src/state/store.js'
import { noColour } from '../../../src/ui/paint.js'
import { fakeContext, fakeProcesses, type FakeContext, saveSomeKeeper } from '../../fakes/context.js'
import { cloudMachine, fakeCloud, rentedLab, saveRentedLab } from '../../fakes/rented.js'
import { served } from '../../fakes/served.js'

const HOUR_MS = 3_600_000

const answer: KeeperStatus = {
  labId: 'lab-00000000aa',
  engine: { state: 'serving', restarts: 0 },
  activity: { inFlight: 1, requests: 5 },
  tokens: { prompt: 10, generated: 20 },
  lease: {
    text: 'idle 12 m of 30 m, ends 02:18 UTC unless it is asked something',
    endsAt: '2026-01-01T02:18:00.000Z',
    endsBy: 'idle',
    idleForMs: 720_000,
    idleMs: 1_800_000,
    warn: false,
    armed: true,
  },
  contextTokens: 65_536,
  phases: [{ name: 'serve', state: 'done', text: 'the engine answers, after 31 s' }],
  path: { state: 'connected', since: '2026-01-01T00:10:00.000Z' },
}

/** Two hours after the lab "one" was made, which is to serve; its keeper runs and says this. */
async function laboratory(said: Partial<KeeperStatus> | undefined, pids = [1, 7]): Promise<FakeContext> {
  const ask = async (): Promise<unknown> => said && { ...answer, ...said }
  const context = fakeContext({ ask, processes: fakeProcesses(pids) })
  await context.clock.advance(2 * HOUR_MS)
  await saveRentedLab(context.paths, served)
  await ensureKey(context.paths, 'one')
  await saveSomeKeeper(context.paths, 'one', { port: 8485 })
  return context
}

const screen = async (context: FakeContext): Promise<string> => statusScreen(await labStatus('one', context), noColour)

describe('the status of a rented lab with an endpoint', () => {
  it('is its record and what its keeper says', async () => {
    const context = await laboratory({})
    expect(await screen(context)).toMatchInlineSnapshot(`
      "  lab       one (lab-00000000aa)
        state     serving
        model     deepseek-coder-v2
        engine    vllm 0.33.0, 65536 tokens of context
        endpoint  http://127.0.0.1:8485/v1
        requests  5, 1 running; 10 tokens in, 20 out
        machine   i-1, g6e.xlarge, on-demand, in us-east-1a
        address   198.51.100.7
        lease     idle 12 m of 30 m, ends 02:18 UTC unless it is asked something
        cost      $3.76 so far, $1.88/h now, $4.32 in all by its end, $7.52 at most
        ends      by itself 2026-01-01 02:18 UTC if nothing is asked, 2026-01-01 04:00
                  UTC at the latest, or labos down one"
    `)
    expect(await labStatus('one', context)).toMatchObject({
      state: 'serving',
      endpoint: 'http://127.0.0.1:8485/v1',
      contextTokens: 65_536,
      endsAt: '2026-01-01T02:18:00.000Z',
      lease: answer.lease,
      machine: { id: 'i-1' },
      pids: { keeper: 7 },
    })
    expect(labTable(await allLabs(context), noColour)).toMatchInlineSnapshot(`
      "NAME  STATE    MODEL              ENGINE       ENDPOINT                  PRICE
      one   serving  deepseek-coder-v2  vllm 0.33.0  http://127.0.0.1:8485/v1  $1.88/h"
    `)
  })

  it('shows how far the machine is', async () => {
    const text = 'downloading the weights: 12.3 GB of 31.4 GB, 96 MB/s, 3 m 19 s left'
    const context = await laboratory({
      engine: { state: 'starting', detail: text, restarts: 0 },
      phases: [
        { name: 'driver', state: 'done', text: 'done' },
        { name: 'engine', state: 'done', text: 'was there' },
        { name: 'weights', state: 'running', done: 12.3e9, total: 31.4e9, rate: 96e6, etaSeconds: 199, text },
      ],
      lease: { text: 'ends 00:45 UTC unless it serves', endsBy: 'boot', armed: true },
    })
    expect(await screen(context)).toMatchInlineSnapshot(`
      "  lab       one (lab-00000000aa)
        state     starting: downloading the weights: 12.3 GB of 31.4 GB, 96 MB/s, 3 m
                  19 s left
        model     deepseek-coder-v2
        engine    vllm 0.33.0, 65536 tokens of context
        set-up    driver done, engine done, weights running
        endpoint  http://127.0.0.1:8485/v1
        requests  5, 1 running; 10 tokens in, 20 out
        machine   i-1, g6e.xlarge, on-demand, in us-east-1a
        address   198.51.100.7
        lease     ends 00:45 UTC unless it serves
        cost      $3.76 so far, $1.88/h now, $7.52 in all by its end
        ends      by itself 2026-01-01 04:00 UTC, or labos down one"
    `)
  })

  it('shows that the path is away, and what else is to be known', async () => {
    const context = await laboratory({
      engine: { state: 'unreachable', detail: 'nothing was heard of it for 45 s', restarts: 1 },
      path: { state: 'away', reason: 'nothing was heard of it for 45 s', since: '2026-01-01T01:58:00.000Z' },
      notes: [{ about: 'drift', text: 'Weights on each GPU: 35.2 GiB, the plan said 29.3 GiB (20 % more).' }],
    })
    expect(await screen(context)).toMatchInlineSnapshot(`
      "  lab       one (lab-00000000aa)
        state     unreachable: nothing was heard of it for 45 s
        model     deepseek-coder-v2
        engine    vllm 0.33.0, 65536 tokens of context
        endpoint  http://127.0.0.1:8485/v1
        path      away since 2026-01-01 01:58 UTC
        requests  5, 1 running; 10 tokens in, 20 out
        restarts  1
        machine   i-1, g6e.xlarge, on-demand, in us-east-1a
        address   198.51.100.7
        lease     idle 12 m of 30 m, ends 02:18 UTC unless it is asked something
        cost      $3.76 so far, $1.88/h now, $4.32 in all by its end, $7.52 at most
        ends      by itself 2026-01-01 02:18 UTC if nothing is asked, 2026-01-01 04:00
                  UTC at the latest, or labos down one
        note      Weights on each GPU: 35.2 GiB, the plan said 29.3 GiB (20 % more)."
    `)
  })

  it('says what EC2 said of a machine that does not run, while the path to it is away', async () => {
    const away = { engine: { state: 'unreachable' as const, restarts: 0 }, path: { state: 'away' as const, since: '' } }
    const context = await laboratory(away)
    await saveRentedLab(context.paths, { ...served, machine: { ...rentedLab().machine!, state: 'stopped' } })
    expect(await labStatus('one', context)).toMatchObject({ state: 'stopped', path: { state: 'away' } })
  })

  it('is what the keeper says where it reaches a machine that EC2 called stopped', async () => {
    const context = await laboratory({})
    await saveRentedLab(context.paths, { ...served, machine: { ...rentedLab().machine!, state: 'stopped' } })
    expect(await labStatus('one', context)).toMatchObject({ state: 'serving' })
  })
})

describe('the status of a rented lab whose endpoint is closed', () => {
  it.each([
    ['it was closed', { ended: { at: '2026', reason: 'stopped' as const, detail: 'told' } }, 'its endpoint is closed'],
    ['its keeper is gone', {}, 'its keeper is gone without a word'],
  ])('says how it is opened where %s', async (_, keeper, why) => {
    const context = await laboratory({}, [1])
    await saveSomeKeeper(context.paths, 'one', { port: 8485, ...keeper })
    const detail = `as EC2 said at 2026-01-01 00:00 UTC; ${why}: \`labos tunnel one\` opens it`
    const status = await labStatus('one', context)
    expect(status).toMatchObject({ state: 'running', detail, contextTokens: 65_536 })
    expect(status.endpoint).toBeUndefined()
  })

  it('says what goes on where there was no keeper yet: its set-up was cut off', async () => {
    const detail =
      'as EC2 said at 2026-01-01 00:00 UTC; its set-up was not seen to its end: `labos up deepseek-coder-v2 --name one` goes on'
    expect(await labStatus('one', await withoutKeeper())).toMatchObject({ state: 'running', detail })
  })

  it('is ended when its keeper saw its end, unless EC2 saw it run later', async () => {
    const context = await laboratory({}, [1])
    const ended = { at: '2026-01-01T01:00:00.000Z', reason: 'idle' as const, detail: 'nothing was asked for 30 m' }
    await saveSomeKeeper(context.paths, 'one', { ended })
    expect(await labStatus('one', context)).toMatchObject({ state: 'ended', detail: 'nothing was asked for 30 m' })
    const machine = { ...rentedLab().machine!, askedAt: '2026-01-01T01:30:00.000Z' }
    await saveRentedLab(context.paths, { ...served, machine })
    expect(await labStatus('one', context)).toMatchObject({ state: 'running' })
  })

  it('is unresponsive where the keeper does not answer', async () => {
    const context = await laboratory(undefined)
    expect(await labStatus('one', context)).toMatchObject({ state: 'unresponsive', pids: { keeper: 7 } })
  })
})

it('status --refresh has both what EC2 and what the keeper says', async () => {
  const context = await laboratory({})
  const cloud = fakeCloud(context.clock)
  cloud.machines = [cloudMachine({ address: '198.51.100.9' })]
  const status = await refreshedStatus('one', { ...context, aws: cloud.aws }, new AbortController().signal)
  expect(status).toMatchObject({ state: 'serving', machine: { address: '198.51.100.9' } })
})

async function withoutKeeper(): Promise<FakeContext> {
  const context = fakeContext()
  await context.clock.advance(2 * HOUR_MS)
  await saveRentedLab(context.paths, served)
  return context
}
