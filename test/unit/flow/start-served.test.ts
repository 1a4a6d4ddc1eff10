/** stop, start and extend of a lab that serves. */
import { describe, expect, it } from 'vitest'
import { extendedScreen, startedScreen, stoppedScreen } from '../../../src/cli/rented-screens.js'
import { interrupted } from '../../../src/errors/interrupted.js'
import { extend, type Extended } from '../../../src/flow/extend.js'
import { labStatus } from '../../../src/flow/lab-status.js'
import { start, type Started, type StartRequest } from '../../../src/flow/start.js'
import { stop, type Stopped } from '../../../src/flow/stop.js'
import { readRentedLab } from '../../../src/state/read.js'
import { whileItWaits } from '../../fakes/context.js'
import { refusal } from '../../fakes/rented.js'
import { errorOf } from '../../fakes/up-rented.js'
import { engine, lease, servedWorld, type ServedWorld } from '../../fakes/up-served.js'

const never = new AbortController().signal
const HOUR_MS = 3_600_000

interface Lab extends ServedWorld {
  stop(): Promise<Stopped>
  start(wish?: Partial<StartRequest>, signal?: AbortSignal): Promise<Started>
  extend(): Promise<Extended>
}

/** A lab that serves on a machine whose weights are on its own NVMe disk. */
async function lab(more: Parameters<typeof servedWorld>[0] = {}): Promise<Lab> {
  const world = servedWorld(more)
  const { context } = world
  const { clock } = context
  await world.up({ ingress: [] })
  await clock.advance(HOUR_MS)
  const wait = <T>(work: Promise<T>): Promise<T> => whileItWaits(clock, work)
  return {
    ...world,
    stop: () => wait(stop('one', context, never)),
    start: (wish = {}, signal = never) =>
      wait(start({ name: 'one', isWaiting: true, agreed: false, ...wish }, context, signal)),
    extend: () => wait(extend({ name: 'one', byMs: HOUR_MS }, context, never)),
  }
}

const words = (screen: string): string => screen.replaceAll('\n', ' ')
const record = ({ context }: Lab) => readRentedLab(context.paths, 'one')
const runningOf = ({ context }: Lab): number[] => [...context.processes.running]

describe('stop', () => {
  it('closes the endpoint, and says so', async () => {
    const it = await lab()
    const stopped = await it.stop()
    expect(stopped).toMatchObject({ outcome: 'stopped', closedEndpoint: 'http://127.0.0.1:8484/v1' })
    expect(words(stoppedScreen(stopped))).toContain('Its endpoint http://127.0.0.1:8484/v1 is closed until then.')
    expect([it.keeper.done, runningOf(it)]).toEqual([['launch', 'end'], [1]])
    expect(await labStatus('one', it.context)).toMatchObject({ state: 'stopped' })
    expect(await it.stop()).toMatchObject({ outcome: 'already-stopped', closedEndpoint: null })
  })

  it('that EC2 refuses leaves the endpoint open', async () => {
    const it = await lab()
    it.cloud.fail('stop', refusal('machine.state', 'The machine is protected.'))
    await errorOf(it.stop())
    expect(await labStatus('one', it.context)).toMatchObject({ state: 'serving' })
  })
})

describe('start', () => {
  it("goes on until the model answers, at the machine's new address and with the key that it has", async () => {
    const it = await lab()
    const keys = record(it)?.ssh?.hostKeys
    await it.stop()
    const started = await it.start()
    expect(started).toMatchObject({
      outcome: 'started',
      address: '198.51.100.8',
      endpoint: 'http://127.0.0.1:8484/v1',
      isServing: true,
      proof: { canaryText: expect.stringContaining('def add') as string },
    })
    expect(words(startedScreen(started))).toContain('The model answers at http://127.0.0.1:8484/v1.')
    expect(it.there.tries.at(-1)).toMatchObject({ host: '198.51.100.8', hostKeys: keys })
    expect(it.keeper.done.slice(2)).toContain('launch')
    expect([await labStatus('one', it.context), record(it)?.stepsDone.at(-1)]).toMatchObject([
      { state: 'serving' },
      'serving',
    ])
    expect(await it.start()).toMatchObject({ outcome: 'already-running', isServing: true })
  })

  it('says that weights are fetched again where they were on a disk that a stop empties', async () => {
    const it = await lab()
    expect((await it.stop()).losesWeights).toBe(true)
    await it.start()
    const told = it.context.events.filter((event) => 'text' in event && event.text.includes('fetched again'))
    expect(told).toMatchObject([
      { step: 'weights', text: expect.stringMatching(/NVMe disk.*16\.1 GB of weights$/) as string },
    ])
  })

  it('with --no-wait leaves when the machine runs, with the endpoint open', async () => {
    const it = await lab()
    await it.stop()
    it.keeper.says = () => engine('starting')
    const logins = it.there.tries.length
    const started = await it.start({ isWaiting: false })
    expect(started).toMatchObject({ outcome: 'started', isServing: false })
    expect(words(startedScreen(started))).toContain('The model is on its way to http://127.0.0.1:8484/v1')
    expect(it.there.tries.length).toBe(logins)
    expect(await labStatus('one', it.context)).toMatchObject({ state: 'starting', pids: { keeper: 7 } })
  })

  it('lets this computer in that is in another network now', async () => {
    const it = await lab()
    await it.stop()
    it.there.seenFrom = '198.51.100.99'
    it.there.isSilent = () => !it.cloud.ingress.includes('198.51.100.99/32')
    expect((await errorOf(it.start())).suggestions[0]).toContain('--yes')
    expect(await it.start({ agreed: true })).toMatchObject({ isServing: true })
    expect(it.cloud.ingress).toEqual(['198.51.100.99/32'])
  })

  it('that does not come to a model that answers leaves the machine running, and says what that costs', async () => {
    const it = await lab()
    await it.stop()
    it.keeper.says = () => engine('failed', { engine: { state: 'failed', detail: 'out of memory', restarts: 0 } })
    const error = await errorOf(it.start())
    expect(error).toMatchObject({ code: 'laboratory.failed', exit: 7 })
    expect(error.aftermath).toMatch(/THE MACHINE STILL RUNS: i-1/)
    const ctrlC = new AbortController()
    it.keeper.says = () => (ctrlC.abort(interrupted('Ctrl-C')), engine('starting'))
    expect((await errorOf(it.start({}, ctrlC.signal))).aftermath).toMatch(/THE MACHINE STILL RUNS: i-1/)
    expect(it.cloud.machines.map(({ state }) => state)).toEqual(['running'])
  })
})

describe('extend', () => {
  const endsIn = (it: Lab, laterMs: number): string => {
    const seconds = Date.parse(record(it)?.expiresAt ?? '') / 1000 + laterMs / 1000
    return lease({
      t: seconds - 7200,
      deadline: seconds,
      boot_deadline: null,
      ends: seconds,
      ends_by: 'deadline',
      served: true,
    })
  }

  it('has the machine look at once, and shows what it says itself', async () => {
    const it = await lab()
    it.there.lease = endsIn(it, HOUR_MS)
    const extended = await it.extend()
    expect(extended.machine).toEqual({
      says: expect.stringMatching(/^ends \d\d:\d\d UTC$/) as string,
      isTaken: true,
      endsBy: 'deadline',
    })
    expect(extendedScreen(extended)).toMatch(/The\s+machine\s+goes\s+by\s+that\s+already\.$/)
    expect(it.there.open).toBe(0)
  })

  it('looks some times more where the machine has not seen it yet, and says so', async () => {
    const it = await lab()
    it.there.lease = endsIn(it, 0)
    const looks = it.there.ran.length
    const extended = await it.extend()
    expect([extended.machine?.isTaken, it.there.ran.length - looks]).toEqual([false, 3])
    expect(extendedScreen(extended)).toMatch(/has\s+not\s+seen\s+it\s+yet/)
  })

  it.each([
    ['is silent', (it: Lab) => (it.there.isSilent = () => true)],
    ['says nonsense', (it: Lab) => (it.there.lease = 'sudo: no')],
    ['never answers', (it: Lab) => Object.assign(it.context, { ssh: hanging })],
  ])('is done all the same where the machine %s', async (_, change) => {
    const it = await lab()
    const before = record(it)?.expiresAt ?? ''
    change(it)
    const extended = await it.extend()
    expect([extended.machine, Date.parse(extended.endsAt) - Date.parse(before)]).toEqual([undefined, HOUR_MS])
    expect(it.cloud.machines[0]?.tags['labos:expires-at']).toBe(extended.endsAt)
  })
})

const hanging: ServedWorld['context']['ssh'] = (_place, signal) =>
  new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
  })
