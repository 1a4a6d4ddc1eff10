import { beforeEach, expect, it } from 'vitest'
import { interrupted } from '../../../src/errors/interrupted.js'
import type { KeeperStatus } from '../../../src/flow/keeper-status.js'
import { awaitLaboratory } from '../../../src/flow/up-rented/await-laboratory.js'
import { ensureKey } from '../../../src/state/store.js'
import { fakeContext, fakeProcesses, type FakeContext, saveSomeKeeper, whileItWaits } from '../../fakes/context.js'
import { rentedLab, saveRentedLab } from '../../fakes/rented.js'
import { plannedServing, served } from '../../fakes/served.js'
import { engine } from '../../fakes/up-served.js'

const textWith = (part: string): unknown => expect.stringContaining(part)
const never = new AbortController().signal
const MINUTE_MS = 60_000
let context: FakeContext
let says: () => Partial<KeeperStatus>

beforeEach(async () => {
  const ask = async (): Promise<unknown> => ({ ...engine('starting'), labId: 'lab-00000000aa', ...says() })
  context = fakeContext({ processes: fakeProcesses([1, 7]), ask })
  await saveRentedLab(context.paths, { ...served, plan: { ...rentedLab().plan, serving: plannedServing } })
  await ensureKey(context.paths, 'one')
  await saveSomeKeeper(context.paths, 'one', { port: 8485 })
})

const lab = rentedLab({ ...served, plan: { ...rentedLab().plan, serving: plannedServing } })
const wait = (signal = never): Promise<void> => whileItWaits(context.clock, awaitLaboratory(lab, context, signal))
const after =
  (ms: number, then: Partial<KeeperStatus>, before = engine('starting')) =>
  (): Partial<KeeperStatus> =>
    context.clock.monotonicMs() < ms ? before : then
const path = (more: Partial<NonNullable<KeeperStatus['path']>>): Partial<KeeperStatus> => ({
  path: { state: 'failed', since: '2026-01-01T00:00:00.000Z', ...more },
})

it('ends when the engine serves, and tells on the way what the machine does', async () => {
  const weights = (done: number) => [
    { name: 'weights' as const, state: 'running' as const, done, total: 9, text: 'fetching' },
  ]
  says = () => {
    const seconds = context.clock.monotonicMs() / 1000
    if (seconds < 10) return engine('starting', { phases: weights(Math.floor(seconds / 5)) })
    return seconds < 20 ? engine('unreachable', path({ state: 'away', reason: 'no answer' })) : engine('serving')
  }
  await wait()
  expect(context.events.map((event) => ('text' in event ? event.text : event.type))).toEqual([
    'fetching',
    'progress',
    'progress',
    'the connection is away (no answer); tried again',
    'the connection is back',
  ])
})

it('fails with what the machine says is wrong, and where its logs are', async () => {
  const detail = 'The driver is 535.1; vLLM needs 580 or newer.'
  says = after(3000, engine('failed', { engine: { state: 'failed', cause: 'driver.old', detail, restarts: 0 } }))
  await expect(wait()).rejects.toMatchObject({
    code: 'laboratory.failed',
    message: `The machine of "one" does not serve: ${detail}`,
    suggestions: [textWith('labos logs bootstrap --name one'), textWith('labos logs engine')],
  })
})

it.each([
  ['ssh.hostkey', 'ssh.hostkey'],
  ['ssh.auth', 'ssh.auth'],
  ['of.tomorrow', 'machine.unreachable'],
])('fails with what the path failed with: %s', async (code, said) => {
  const reason = 'it shows another key'
  says = after(
    3000,
    engine('failed', { engine: { state: 'failed', detail: reason, restarts: 0 }, ...path({ code, reason }) }),
  )
  await expect(wait()).rejects.toMatchObject({
    code: said,
    message: 'The machine of "one" is not reached: it shows another key.',
  })
})

it('says that the machine ended itself before it served', async () => {
  const detail = 'it did not serve in the time for a start, and its machine does not answer any more'
  says = after(3000, engine('ended', { engine: { state: 'ended', detail, restarts: 0 } }))
  await expect(wait()).rejects.toMatchObject({ code: 'machine.gone', message: textWith(detail) })
})

it('does not wait for what nobody watches any more', async () => {
  says = after(3000, {})
  void context.clock.sleep(5000).then(() => context.processes.running.delete(7))
  await expect(wait()).rejects.toMatchObject({
    code: 'keeper.failed',
    message: textWith('its keeper is gone without a word'),
  })
  expect(context.clock.monotonicMs()).toBeLessThan(MINUTE_MS)
})

it('is over some time after the machine should have ended itself', async () => {
  const serving = { ...plannedServing, bootMs: MINUTE_MS }
  const quick = { ...lab, plan: { ...lab.plan, serving } }
  says = () => engine('unreachable', path({ state: 'away', reason: 'no answer in time' }))
  const waited = whileItWaits(context.clock, awaitLaboratory(quick, context, never))
  await expect(waited).rejects.toMatchObject({ code: 'deadline.passed', exit: 124 })
  expect(context.clock.monotonicMs()).toBeGreaterThan(MINUTE_MS)
  expect(context.clock.monotonicMs()).toBeLessThan(4 * MINUTE_MS)
})

it('ends at once when it is interrupted', async () => {
  const stop = new AbortController()
  says = after(3000, {})
  void context.clock.sleep(2000).then(() => stop.abort(interrupted('Ctrl-C')))
  await expect(wait(stop.signal)).rejects.toMatchObject({ code: 'interrupted' })
})
