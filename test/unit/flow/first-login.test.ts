import { existsSync } from 'node:fs'
import { beforeEach, describe, expect, it } from 'vitest'
import { interrupted } from '../../../src/errors/interrupted.js'
import { firstLogin } from '../../../src/flow/up-rented/first-login.js'
import { labPaths } from '../../../src/state/paths.js'
import { readRentedLab } from '../../../src/state/read.js'
import type { RentedLab } from '../../../src/state/record.js'
import { ensureLabKeys } from '../../../src/state/ssh-keys.js'
import { fakeContext, type FakeContext, whileItWaits } from '../../fakes/context.js'
import { rentedLab, saveRentedLab } from '../../fakes/rented.js'
import { plannedServing, served } from '../../fakes/served.js'
import { hostKey, lease, loginOn, machineThere, NEW_KEY, refused, type There } from '../../fakes/up-served.js'

const textWith = (part: string): unknown => expect.stringContaining(part)
const textLike = (pattern: RegExp): unknown => expect.stringMatching(pattern)
const never = new AbortController().signal
const MINUTE_MS = 60_000
let there: There
let context: FakeContext

/** A lab whose machine has just been made. */
beforeEach(async () => {
  there = machineThere()
  context = fakeContext({ ssh: loginOn(there).connect, env: { HF_TOKEN: 'hf_secret' } })
  const keys = await ensureLabKeys(context.paths, 'one', (comment) => ({
    privateKey: `private ${comment}`,
    publicKey: hostKey(comment),
  }))
  there.shows = keys.host.publicKey
  await save()
})

async function save(wantsToken = false, more: Partial<RentedLab> = {}): Promise<void> {
  const plan = { ...rentedLab().plan, serving: { ...plannedServing, wantsToken } }
  const ssh = { user: 'ubuntu', port: 22, hostKeys: [there.shows] }
  await saveRentedLab(context.paths, { ...served, plan, ssh, ...more })
}

const record = (): RentedLab => readRentedLab(context.paths, 'one') ?? rentedLab()
const keys = (): string[] => record().ssh?.hostKeys ?? []
const logIn = (signal = never): Promise<RentedLab> => whileItWaits(context.clock, firstLogin(record(), context, signal))
const isLeft = (): boolean => existsSync(labPaths(context.paths, 'one').hostKey)
const ran = (part: string): boolean => there.ran.some(({ argv }) => argv.join(' ').includes(part))

describe('a machine that boots', () => {
  it('is tried again while it is silent, and while it has no user yet', async () => {
    there.refusals.push(
      ...['machine.unreachable', 'ssh.auth', 'machine.unreachable'].map((code) => refused(code as 'ssh.auth')),
    )
    expect((await logIn()).stepsDone).toEqual(['plan', 'machine', 'boot'])
    expect(there.tries.map(({ host, user }) => `${user}@${host}`)).toContain('ubuntu@198.51.100.7')
    expect([there.tries.length, there.open]).toEqual([5, 0]) // the last with its own key
    expect(context.events.at(-1)).toMatchObject({
      type: 'done',
      text: 'logged in to 198.51.100.7; it ends itself in 1 h 00 m, unless it serves by then',
    })
  })

  it.each([
    ['machine.unreachable', 'machine.unreachable'],
    ['ssh.auth', 'ssh.auth'],
  ] as const)('is given up after ten minutes of %s', async (code, said) => {
    there.down = refused(code)
    await expect(logIn()).rejects.toMatchObject({ code: said, message: textWith(`${code} it is`) })
    expect(context.clock.monotonicMs()).toBeGreaterThan(10 * MINUTE_MS)
  })

  it('is given up with what the last try ran into, as one sentence', async () => {
    there.down = refused('machine.unreachable', '198.51.100.7 does not answer on port 22: no answer in time.')
    await expect(logIn()).rejects.toMatchObject({
      message: 'The machine of "one" does not answer: 198.51.100.7 does not answer on port 22: no answer in time.',
    })
  })

  it('is not tried again where it shows another host key: nothing was sent to it', async () => {
    there.shows = hostKey('another')
    await expect(logIn()).rejects.toMatchObject({ code: 'ssh.hostkey', exit: 8 })
    expect([there.tries.length, there.ran]).toEqual([1, []])
  })
})

describe('the lease', () => {
  it.each([
    [lease({ armed: false }), /its timer is not armed/],
    [lease({ ends: null }), /its timer is not armed/],
    ['sudo: a password is required', /it does not say \(sudo: a password is required\)/],
  ])('that is not armed is the end of it: %#', async (said, why) => {
    there.lease = said
    await expect(logIn()).rejects.toMatchObject({ code: 'lease.unarmed', exit: 7, message: textLike(why) })
    expect([ran('ssh-keygen'), there.open, record().stepsDone]).toEqual([false, 0, ['plan', 'machine']])
  })
})

describe('the host key', () => {
  it('that came in user data is good until the machine has its own, and then forgotten', async () => {
    const first = there.shows
    there.onRun = (line) => {
      if (line.includes('mv -f labos_next')) expect([keys(), isLeft()]).toEqual([[first, NEW_KEY], true])
    }
    await logIn()
    expect([keys(), isLeft(), ran('mv -f labos_next')]).toEqual([[NEW_KEY], false, true])
    expect(there.tries.at(-1)?.hostKeys).toEqual([NEW_KEY])
    there.shows = first // whoever read the user data can show that one
    await expect(logIn()).rejects.toMatchObject({ code: 'ssh.hostkey' })
  })

  it.each(['ssh-keygen', 'mv -f labos_next', 'reload ssh'])(
    'is changed all the same after an end at `%s`',
    async (where) => {
      const stop = new AbortController()
      there.onRun = (line) => {
        if (!line.includes(where)) return
        stop.abort(interrupted('SIGKILL'))
        throw stop.signal.reason
      }
      await expect(logIn(stop.signal)).rejects.toMatchObject({ code: 'interrupted' })
      expect(isLeft()).toBe(true)
      there.onRun = () => undefined
      await logIn()
      expect([keys(), isLeft(), there.shows]).toEqual([[NEW_KEY], false, NEW_KEY])
    },
  )

  it('is not changed a second time', async () => {
    await logIn()
    there.ran.length = 0
    await logIn()
    expect([ran('ssh-keygen'), ran('lease.sh show')]).toEqual([false, true])
  })
})

describe('the token', () => {
  it('goes over the connection into a file that root alone may read', async () => {
    await save(true)
    await logIn()
    expect([...there.files]).toEqual([['/var/lib/labos/hf-token', { content: 'hf_secret\n', mode: '600' }]])
    const [put] = there.ran.filter(({ stdin }) => stdin !== undefined)
    expect(put?.argv.slice(0, 2)).toEqual(['sudo', '-n'])
    expect(JSON.stringify([there.ran.map(({ argv, env }) => [argv, env]), context.events, record()])).not.toContain(
      'hf_secret',
    )
  })

  it('is not sent where it is not needed', async () => {
    await logIn()
    expect(there.files.size).toBe(0)
  })

  it('that is missing is asked for: the machine waits', async () => {
    await save(true)
    Object.assign(context, { env: {} })
    await expect(logIn()).rejects.toMatchObject({
      code: 'hub.gated',
      suggestions: [textWith('labos up')],
    })
    expect([there.open, keys()]).toEqual([0, [NEW_KEY]])
  })
})

it('says that a stopped machine is to be started, without a try', async () => {
  const machine = { ...(rentedLab().machine as NonNullable<RentedLab['machine']>), state: 'stopped' as const }
  await save(false, { machine })
  await expect(logIn()).rejects.toMatchObject({ code: 'machine.state' })
  expect(there.tries).toEqual([])
})
