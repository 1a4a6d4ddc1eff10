/** `labos up` of a lab that serves, from nothing to the model's answer, and what is left when it does not come to that. */
import { existsSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { interrupted } from '../../../src/errors/interrupted.js'
import { labPaths } from '../../../src/state/paths.js'
import { labNames, readKey, readRentedLab } from '../../../src/state/read.js'
import type { RentedLab } from '../../../src/state/record.js'
import { saveLab } from '../../../src/state/store.js'
import { cloudMachine, OWNER, rentedLab, tagsOf } from '../../fakes/rented.js'
import { plannedServing, served } from '../../fakes/served.js'
import {
  COMMIT,
  engine,
  hostKey,
  lease,
  NEW_KEY,
  refused,
  servedWorld,
  type ServedWorld,
} from '../../fakes/up-served.js'
import { errorOf } from '../../fakes/up-rented.js'

const textWith = (part: string): unknown => expect.stringContaining(part)
const textLike = (pattern: RegExp): unknown => expect.stringMatching(pattern)
const FIRST_KEY = hostKey('labos-one-host')
const recordOf = ({ context }: ServedWorld): RentedLab | undefined => readRentedLab(context.paths, 'one')
const atTerminal = { prompt: { confirm: async () => true, select: () => Promise.reject(new Error('none')) } }

describe('a first up', () => {
  it('ends when the model answers through the endpoint', async () => {
    const { up, context, keeper, there } = servedWorld()
    const { outcome, lab, proof, keyFile } = await up()
    expect({ outcome, state: lab.state, keyFile }).toEqual({
      outcome: 'up',
      state: 'serving',
      keyFile: labPaths(context.paths, 'one').key,
    })
    expect(proof?.canaryText).toContain('def add')
    expect(keeper.done).toEqual(['launch'])
    expect(there.open).toBe(0)
    expect(readKey(context.paths, 'one')).toMatch(/^sk-/)
  })

  it('writes down what it has at each step, before the next', async () => {
    const it = servedWorld()
    const seen: unknown[] = []
    const look = (what: string): void => {
      const { machine, port, ssh, serving, stepsDone } = recordOf(it) ?? {}
      const keys = ssh?.hostKeys.map((key) => (key === FIRST_KEY ? 'first' : 'own'))
      seen.push([what, machine?.id, port, keys?.join(), serving?.contextTokens !== undefined, stepsDone?.at(-1)])
    }
    it.there.onRun = (line) => {
      const step = ['lease.sh show', 'ssh-keygen', 'mv -f labos_next'].find((each) => line.includes(each))
      if (step !== undefined) look(step)
    }
    it.keeper.says = (elapsedMs) => (elapsedMs < 3000 ? engine('starting') : (look('serving'), engine('serving')))
    await it.up()
    expect(seen.slice(0, 4)).toEqual([
      ['lease.sh show', 'i-1', 8484, 'first', true, 'machine'],
      ['ssh-keygen', 'i-1', 8484, 'first', true, 'machine'],
      ['mv -f labos_next', 'i-1', 8484, 'first,own', true, 'machine'],
      ['serving', 'i-1', 8484, 'own', true, 'boot'],
    ])
    expect(recordOf(it)).toMatchObject({
      stepsDone: ['plan', 'machine', 'boot', 'laboratory', 'serving'],
      plan: { model: { revision: COMMIT } },
      serving: { home: '/var/lib/labos', scope: 'system', enginePort: 8000, asks: 'chat', idleMs: 1_800_000 },
    })
  })

  it('tells the machine all that it needs, and no secret of the user', async () => {
    const { up, context, specs, userData } = servedWorld({ env: { HF_TOKEN: 'hf_secret' } })
    await up({
      serving: {
        engineArgs: [{ name: 'seed', value: '7' }],
        hub: 'http://hub.example',
        packageIndex: 'http://pip.example/simple',
      },
    })
    const text = userData()
    expect(text).toContain("LABOS_HUB='http://hub.example'")
    expect(text).toContain("LABOS_PACKAGE_INDEX='http://pip.example/simple'")
    expect(text).toContain(`LABOS_REVISION='${COMMIT}'`)
    expect(text).toContain('sh bin/lease.sh arm')
    const types = [...new Set(specs[0]?.machine.rungs.map(({ instanceType }) => instanceType))]
    expect(types.length).toBeGreaterThan(1)
    for (const type of types) {
      expect(text).toContain(`/var/lib/labos/config/${type}.yaml`)
      expect(text).toMatch(new RegExp(`^ *${type.replace('.', '\\.')}\\t\\d+\\t\\d+\\t${type}\\.yaml$`, 'm'))
    }
    expect(text).toMatch(/^ *seed: "?7"?$/m)
    expect(text).toContain(`ed25519_public: "${FIRST_KEY}"`)
    expect(text).toContain(hostKey('labos-one')) // who may log in
    expect(text).not.toContain('private labos-one\n')
    for (const secret of ['hf_secret', readKey(context.paths, 'one') ?? 'no key'])
      expect(JSON.stringify([specs, text, context.events])).not.toContain(secret)
  })

  it("takes a port that is no other lab's", async () => {
    const it = servedWorld()
    await saveLab(it.context.paths, rentedLab({ ...served, name: 'two', id: 'lab-00000000bb', port: 8484 }))
    await it.up()
    expect(recordOf(it)?.port).toBe(8485)
    expect(await errorOf(it.up({ name: 'three', port: 8485 }))).toMatchObject({
      code: 'port.taken',
      message: 'Port 8485 is in use by the lab "one".',
    })
  })
})

describe('again', () => {
  it('says that it is up already, and asks the machine nothing', async () => {
    const it = servedWorld()
    await it.up()
    const ran = it.there.ran.length
    expect(await it.up()).toMatchObject({ outcome: 'already-up', lab: { state: 'serving' } })
    expect([it.there.ran.length, it.keeper.done, it.specs.length]).toEqual([ran, ['launch'], 1])
  })

  it('opens the endpoint of a lab whose keeper is gone, on the same port and with the same key', async () => {
    const it = servedWorld()
    await it.up()
    const [key, port] = [readKey(it.context.paths, 'one'), recordOf(it)?.port]
    it.context.processes.running.delete(7)
    expect(await it.up()).toMatchObject({ outcome: 'up', lab: { state: 'serving' } })
    expect([readKey(it.context.paths, 'one'), recordOf(it)?.port]).toEqual([key, port])
    expect([it.keeper.done.filter((each) => each === 'launch').length, it.specs.length]).toEqual([2, 1])
  })

  it('says how to start a machine that is stopped', async () => {
    const it = servedWorld()
    await it.up()
    it.context.processes.running.delete(7)
    const { address: _none, ...stopped } = cloudMachine({ state: 'stopped', instanceType: 'g6.2xlarge' })
    it.cloud.machines = [stopped]
    const error = await errorOf(it.up())
    expect(error).toMatchObject({
      code: 'machine.state',
      suggestions: [textWith('labos start one'), expect.anything()],
    })
    expect(it.cloud.changes).toEqual([])
  })

  it('accepts the key that a machine has by now, where EC2 says that it is starting', async () => {
    const it = servedWorld()
    await it.up()
    it.context.processes.running.delete(7)
    const labId = recordOf(it)?.id ?? ''
    it.cloud.machines = [
      cloudMachine({ state: 'pending', instanceType: 'g6.2xlarge', tags: tagsOf({ 'labos:lab': labId }) }),
    ]
    const login = it.there.tries.length
    await it.up().finally(() => undefined)
    expect(it.there.tries.slice(login)[0]?.hostKeys).toContain(NEW_KEY)
  })
})

describe('a lab that does not serve', () => {
  const failing = (more: Parameters<typeof servedWorld>[0] = {}): ServedWorld => {
    const it = servedWorld(more)
    const detail = 'The engine ended: out of memory'
    it.keeper.says = () => engine('failed', { engine: { state: 'failed', detail, cause: 'engine.exit', restarts: 0 } })
    return it
  }
  const statesOf = ({ cloud }: ServedWorld): string[] => cloud.machines.map(({ state }) => state)

  it('is kept at a terminal, with its price and what removes it, so that its logs can be read', async () => {
    const it = failing(atTerminal)
    const error = await errorOf(it.up())
    expect(error).toMatchObject({
      code: 'laboratory.failed',
      exit: 7,
      message: textWith('out of memory'),
    })
    expect(error.aftermath).toMatch(
      /kept, so that its logs can be read\. THE MACHINE STILL RUNS: i-1 .*\$0\.99\/h.*labos down one/,
    )
    expect([statesOf(it), it.keeper.done]).toEqual([['running'], ['launch']])
    it.keeper.says = () => engine('serving')
    expect(await it.up()).toMatchObject({ outcome: 'already-up' })
  })

  it.each([
    ['without a terminal', {}, {}],
    ['in CI', { ...atTerminal, env: { CI: 'true' } }, {}],
    ["where it is a run's own", atTerminal, { runner: { pid: 1, startTime: 't1', owner: OWNER } }],
  ])('is removed %s, its keeper too', async (_, more, wish) => {
    const it = failing(more)
    const error = await errorOf(it.up(wish))
    expect(error).toMatchObject({
      code: 'laboratory.failed',
      aftermath: textWith('nothing of it is left in AWS'),
      suggestions: [textWith('`--keep`')], // its logs are gone with it
    })
    expect([statesOf(it), labNames(it.context.paths)]).toEqual([['terminated'], []])
    expect([it.keeper.done, [...it.context.processes.running]]).toEqual([['launch', 'end'], [1]])
  })

  it('is removed at a terminal too where the machine would not end itself, unless it is to be kept', async () => {
    const it = servedWorld(atTerminal)
    it.there.lease = lease({ armed: false })
    const error = await errorOf(it.up())
    expect(error).toMatchObject({
      code: 'lease.unarmed',
      exit: 7,
      message: textWith('its timer is not armed'),
    })
    expect([statesOf(it), labNames(it.context.paths)]).toEqual([['terminated'], []])
    expect((await errorOf(it.up({ keep: true }))).aftermath).toMatch(/kept, as you said\. THE MACHINE STILL RUNS/)
    expect(labNames(it.context.paths)).toEqual(['one'])
  })

  it('is removed at a host key that is not its own, after one try', async () => {
    const it = servedWorld()
    it.there.refusals.push(refused('ssh.hostkey'))
    expect(await errorOf(it.up())).toMatchObject({ code: 'ssh.hostkey', exit: 8 })
    expect([it.there.tries.length, statesOf(it)]).toEqual([1, ['terminated']])
  })

  it('is removed at Ctrl-C, its keeper too', async () => {
    const it = servedWorld(atTerminal)
    const stop = new AbortController()
    it.keeper.says = () => (stop.abort(interrupted('Ctrl-C')), engine('starting'))
    expect(await errorOf(it.up({}, stop.signal))).toMatchObject({ code: 'interrupted', exit: 130 })
    expect([statesOf(it), labNames(it.context.paths)]).toEqual([['terminated'], []])
    expect([it.keeper.done, existsSync(labPaths(it.context.paths, 'one').dir)]).toEqual([['launch', 'end'], false])
  })

  it('is refused before anything is made where nobody may have the weights', async () => {
    const gated = (): Response => Response.json({ id: 'a/b', sha: COMMIT, gated: 'manual', siblings: [] })
    const it = servedWorld({ hub: (_, method) => (method === 'HEAD' ? new Response(null, { status: 401 }) : gated()) })
    expect(await errorOf(it.up())).toMatchObject({ code: textLike(/^hub\./) })
    expect([it.specs, labNames(it.context.paths)]).toEqual([[], []])
  })
})

it('names what a record says of the machine that the ladder gave', async () => {
  const it = servedWorld()
  await it.up()
  const { plan, machine, serving } =
    recordOf(it) ?? rentedLab({ plan: { ...rentedLab().plan, serving: plannedServing } })
  const here = plan.serving?.machines.find(({ instanceType }) => instanceType === machine?.instanceType)
  expect(serving).toMatchObject({
    contextTokens: here?.contextTokens,
    plannedWeightsGiB: here?.weightsGiB,
    plannedKvTokens: here?.kvTokens,
  })
})
