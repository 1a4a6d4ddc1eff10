/** A machine that is silent because this computer has another address now. */
import { Readable, Writable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { machineNotes } from '../../../src/flow/keep/machine-notes.js'
import { silentOf } from '../../../src/flow/keep/silent.js'
import { machineShell } from '../../../src/flow/machine-shell.js'
import { offerOnce } from '../../../src/flow/tunnel/offer-once.js'
import type { AttachSsh, Prompt } from '../../../src/ports.js'
import { readRentedLab } from '../../../src/state/read.js'
import type { RentedLab } from '../../../src/state/record.js'
import { saveLab } from '../../../src/state/store.js'
import { expired, rentedLab } from '../../fakes/rented.js'
import { served } from '../../fakes/served.js'
import { refused, servedWorld, type ServedWorld } from '../../fakes/up-served.js'
import { errorOf } from '../../fakes/up-rented.js'

const OFFICE = '203.0.113.7'
const HOME = '198.51.100.99'
const never = new AbortController().signal
let asked: string[]
let world: ServedWorld

const prompt = (answer: boolean): Prompt => ({
  confirm: async (question) => {
    asked.push(question)
    return answer
  },
  select: () => Promise.reject(new Error('none')),
})
const record = (): RentedLab => readRentedLab(world.context.paths, 'one') ?? rentedLab()
const rules = (): string[] => world.cloud.changes.map((change) => change.replace(/ @.*$/, ''))

/** A lab that was made in the office, its keeper gone. */
async function made(more: Parameters<typeof servedWorld>[0] = {}, ingress: readonly string[] = []): Promise<void> {
  asked = []
  world = servedWorld(more)
  world.there.seenFrom = OFFICE
  await world.up({ ingress })
  world.context.processes.running.delete(7)
  world.there.seenFrom = HOME
  world.there.isSilent = () => !world.cloud.ingress.includes(`${HOME}/32`)
}

describe('up from another network', () => {
  it('asks, lets the new address in, then takes the old one back, and goes on', async () => {
    await made({ prompt: prompt(true) })
    expect(await world.up({ ingress: [], agreed: false })).toMatchObject({ outcome: 'up', lab: { state: 'serving' } })
    expect(asked).toEqual([
      `Your address is ${HOME} now; the machine of "one" lets in ${OFFICE} alone. Let ${HOME} in instead?`,
    ])
    expect(rules()).toEqual([`allow sg-1 ${HOME}/32`, `disallow sg-1 ${OFFICE}/32`])
    expect(record().access).toEqual({ own: [`${HOME}/32`], allowed: [] })
    const text = `the machine lets in ${HOME} now, and ${OFFICE} not any more`
    expect(world.context.events).toContainEqual({ type: 'note', step: 'boot', text })
  })

  it('does not ask who agreed beforehand', async () => {
    await made()
    expect(await world.up({ ingress: [], agreed: true })).toMatchObject({ outcome: 'up' })
    expect(world.cloud.ingress).toEqual([`${HOME}/32`])
  })

  it('names the command where nobody can be asked, and changes nothing', async () => {
    await made()
    const error = await errorOf(world.up({ ingress: [], agreed: false }))
    expect(error).toMatchObject({ code: 'machine.unreachable', exit: 8 })
    expect(error.message).toBe(
      `The machine does not answer. Your address is ${HOME} now; the machine of "one" lets in ${OFFICE} alone.`,
    )
    expect(error.suggestions[0]).toBe('Let it in: `labos up deepseek-coder-v2 --name one --yes`.')
    expect(error.aftermath).toMatch(/THE MACHINE STILL RUNS/)
    expect(rules()).toEqual([])
  })

  it('stops at a no', async () => {
    await made({ prompt: prompt(false) })
    expect(await errorOf(world.up({ ingress: [], agreed: false }))).toMatchObject({ code: 'interrupted' })
    expect([rules(), asked.length]).toEqual([[], 1])
  })

  it('never takes back what --allow-cidr let in, and asks later: a machine that boots is silent, too', async () => {
    await made({ prompt: prompt(true) }, ['192.0.2.0/24'])
    const sinceMs = world.context.clock.monotonicMs()
    await world.up({ ingress: [], agreed: false })
    expect(world.context.clock.monotonicMs() - sinceMs).toBeGreaterThan(60_000)
    expect(asked[0]).toMatch(/lets in 192\.0\.2\.0\/24 alone\. Let 198\.51\.100\.99 in\?$/)
    expect([rules(), record().access]).toEqual([
      [`allow sg-1 ${HOME}/32`],
      { own: [`${HOME}/32`], allowed: ['192.0.2.0/24'] },
    ])
  })

  it('without a terminal goes on waiting where --allow-cidr had said who: there may be two ways to the internet', async () => {
    await made({}, ['192.0.2.0/24'])
    const { clock } = world.context
    const inAMinute = clock.monotonicMs() + 120_000
    world.there.isSilent = () => clock.monotonicMs() < inAMinute
    expect(await world.up({ ingress: [], agreed: false })).toMatchObject({ outcome: 'up' })
    expect(rules()).toEqual([])
  })

  it('lets in what --allow-cidr says, in place of the address that labos found', async () => {
    await made({ prompt: prompt(true) })
    await world.up({ ingress: [`${HOME}/32`, '192.0.2.0/24'], agreed: false })
    expect(asked).toEqual([`The machine of "one" lets in ${OFFICE} alone. Let ${HOME}, 192.0.2.0/24 in instead?`])
    expect(record().access).toEqual({ own: [], allowed: [`${HOME}/32`, '192.0.2.0/24'] })
    expect(rules().at(-1)).toBe(`disallow sg-1 ${OFFICE}/32`)
  })

  it('takes nothing back of a lab whose record does not say who set it', async () => {
    await made()
    const { access: _unknown, ...before } = record()
    await saveLab(world.context.paths, before)
    await world.up({ ingress: [], agreed: true })
    expect(world.cloud.ingress).toEqual([`${OFFICE}/32`, `${HOME}/32`])
    expect(record().access).toEqual({ own: [`${HOME}/32`], allowed: [] })
  })

  it('that was killed before the old address was taken back takes it back the next time', async () => {
    await made()
    world.cloud.fail('disallow', refused('aws.unreachable'), 1)
    await errorOf(world.up({ ingress: [], agreed: true }))
    expect(record().access?.own).toEqual([`${OFFICE}/32`, `${HOME}/32`])
    world.there.seenFrom = '192.0.2.1'
    world.there.isSilent = () => !world.cloud.ingress.includes('192.0.2.1/32')
    await world.up({ ingress: [], agreed: true })
    expect([world.cloud.ingress, record().access?.own]).toEqual([['192.0.2.1/32'], ['192.0.2.1/32']])
  })

  it.each([
    ['the address is let in', () => (world.cloud.ingress = ['198.51.100.0/24'])],
    ['nobody says what the address is', () => (world.there.seenFrom = 'sign in here')],
    ['AWS does not say who is let in', () => world.cloud.fail('groups', expired())],
  ])('has another reason, or none that is known, where %s: it goes on waiting', async (_, change) => {
    await made({ prompt: prompt(true) })
    change()
    world.there.isSilent = () => true
    expect(await errorOf(world.up({ ingress: [] }))).toMatchObject({
      code: 'machine.unreachable',
      message: expect.stringContaining('machine.unreachable it is') as string,
    })
    expect([rules(), asked]).toEqual([[], []])
    expect(world.context.clock.monotonicMs()).toBeGreaterThan(10 * 60_000)
  })

  it('is the same for a lab that ends at its machine', async () => {
    asked = []
    world = servedWorld({ reach: async () => world.cloud.ingress.includes(`${world.there.seenFrom}/32`) })
    world.there.seenFrom = OFFICE
    await world.up({ until: 'machine', ingress: [] })
    await saveLab(world.context.paths, { ...record(), stepsDone: ['plan', 'machine'] })
    world.there.seenFrom = HOME
    const { suggestions } = await errorOf(world.up({ until: 'machine', ingress: [], agreed: false }))
    expect(suggestions[0]).toContain('`labos up deepseek-coder-v2 --name one --until machine --yes`')
    await world.up({ until: 'machine', ingress: [], agreed: true })
    expect(world.cloud.ingress).toEqual([`${HOME}/32`])
  })
})

it('who was named with --allow-cidr stays so when another machine is made', async () => {
  await made({}, ['192.0.2.0/24'])
  world.cloud.machines = world.cloud.machines.map((each) => ({ ...each, state: 'terminated' }))
  world.there.isSilent = () => false
  await world.up({ ingress: [] })
  expect(world.specs.map(({ access }) => access.ingress)).toEqual([['192.0.2.0/24'], ['192.0.2.0/24']])
})

describe('labos ssh', () => {
  const shell = (attachSsh: AttachSsh): Promise<number> => {
    const sink = new Writable({ write: (_piece, _encoding, done) => done() })
    const command = { argv: ['true'] as [string], stdin: Readable.from([]), stdout: sink, stderr: sink }
    return machineShell('one', command, { ...world.context, attachSsh }, never)
  }
  const silentUntilIn: AttachSsh = async (_place, { onLogin }) => {
    if (world.there.isSilent()) throw refused('machine.unreachable')
    onLogin?.()
    return 3
  }

  it('offers the same, and runs the command then', async () => {
    await made({ prompt: prompt(true) })
    expect(await shell(silentUntilIn)).toBe(3)
    expect([asked.length, world.cloud.ingress]).toEqual([1, [`${HOME}/32`]])
  })

  it.each([
    ['at a no', false, 1],
    ['where the command had begun', true, 0],
  ])('fails as it did %s', async (_, hasBegun, questions) => {
    await made({ prompt: prompt(false) })
    const attach: AttachSsh = async (_place, { onLogin }) => {
      if (hasBegun) onLogin?.()
      throw refused('machine.unreachable', 'the connection was cut')
    }
    await expect(shell(attach)).rejects.toMatchObject({ message: 'the connection was cut' })
    expect([asked.length, rules()]).toEqual([questions, []])
  })

  it('without a terminal says what lets it in', async () => {
    await made()
    await expect(shell(silentUntilIn)).rejects.toMatchObject({
      suggestions: ['Let it in: `labos up deepseek-coder-v2 --name one --yes`.', expect.anything()],
    })
  })
})

describe('labos tunnel', () => {
  const away = (sinceMs: number) => ({ path: { state: 'away' as const, sinceMs } })

  it('offers it once in each silence of ten seconds', async () => {
    await made({ prompt: prompt(false) })
    const { clock } = world.context
    const offer = offerOnce('one', world.context)
    await offer(away(clock.now() - 9000), never)
    expect(asked).toEqual([])
    for (const more of [0, 1000]) await offer(away(clock.now() - 11_000 - more), never)
    expect(asked.length).toBe(1)
    await offer({ path: { state: 'connected', sinceMs: clock.now() } }, never)
    await offer(away(clock.now() - 11_000), never)
    expect(asked.length).toBe(2)
  })

  it('says the command where nobody can be asked, and goes on', async () => {
    await made()
    await offerOnce('one', world.context)(away(0), never)
    expect(world.context.events.at(-1)).toMatchObject({
      type: 'note',
      text: expect.stringMatching(/lets in 203\.0\.113\.7 alone\. Let it in: `labos up .* --yes`\.$/) as string,
    })
  })
})

describe('the keeper, which cannot ask', () => {
  const lab = rentedLab(served)
  const since = Date.UTC(2026, 0, 1, 1)
  const notes = (state: string, silentMs: number, of: RentedLab = lab) =>
    machineNotes({ name: 'one', ttlMs: 1, drift: [], silent: silentOf(of, { state, since }, since + silentMs) })

  it('says after ten seconds what may be the reason, always in the same words', () => {
    expect(notes('away', 9000)).toEqual([])
    expect(notes('connected', 60_000)).toEqual([])
    expect(notes('away', 11_000)).toEqual([
      {
        about: 'address',
        text: 'The machine is silent since 2026-01-01 01:00 UTC. In another network this computer has another address, which the machine does not let in: `labos up deepseek-coder-v2 --name one --until machine` looks, and lets it in.',
      },
    ])
    expect(notes('away', 600_000)).toEqual(notes('away', 11_000))
  })

  it("does not of a machine that boots, or a host of the user's own", () => {
    const machine = { ...(lab.machine as NonNullable<RentedLab['machine']>), launchedAt: '2026-01-01T00:58:00.000Z' }
    expect(notes('away', 60_000, { ...lab, machine })).toEqual([])
    expect(
      notes('away', 60_000, rentedLab({ ...served, ssh: { user: 'me', port: 22, host: 'box', hostKeys: [] } })),
    ).toEqual([])
  })
})
