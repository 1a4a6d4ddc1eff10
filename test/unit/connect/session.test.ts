import { afterEach, describe, expect, it } from 'vitest'
import { openSession, type Session, type SessionDeps, type SessionState } from '../../../src/connect/session.js'
import { LabosError } from '../../../src/errors/labos-error.js'
import type { SshPlace } from '../../../src/ports.js'
import { fakeClock } from '../../fakes/clock.js'
import { fakeSsh } from '../../fakes/ssh.js'

const PLACE: SshPlace = {
  host: '192.0.2.1',
  port: 22,
  user: 'ubuntu',
  identity: { privateKey: 'key' },
  hostKeys: ['ssh-ed25519 AAAA'],
}
const unreachable = new LabosError('machine.unreachable', 'no answer', { suggestions: ['wait'] })
const changed = new LabosError('ssh.hostkey', 'another host key', { suggestions: ['look'] })

const opened: Session[] = []
afterEach(async () => {
  await Promise.all(opened.splice(0).map((session) => session.close()))
})

function rig(more: Partial<SessionDeps> = {}) {
  const clock = fakeClock()
  const ssh = fakeSsh(() => clock.monotonicMs())
  const said: SessionState[] = []
  const asked = { isWaiting: false, wallAheadMs: 0 }
  const shown = { ...clock, now: () => clock.now() + asked.wallAheadMs }
  const open = (): Session => {
    const session = openSession(PLACE, {
      clock: shown,
      connect: ssh.connect,
      random: () => 1,
      isWaiting: () => asked.isWaiting,
      onState: (state) => said.push(state),
      ...more,
    })
    opened.push(session)
    return session
  }
  return { clock, ssh, said, asked, open }
}

describe('a session', () => {
  it('connects, says so, and gives the machine', async () => {
    const { clock, ssh, said, open } = rig()
    const session = open()
    expect(session.state().state).toBe('connecting')
    expect(session.machine()).toBeUndefined()
    await clock.advance(1)
    expect(session.machine()).toBe(ssh.last)
    expect(said.map(({ state }) => state)).toEqual(['connected'])
  })

  it('tries again ever more rarely for ever, and often while somebody asks', async () => {
    const { clock, ssh, open } = rig()
    ssh.down = unreachable
    const session = open()
    await clock.advance(6_000)
    const gaps = (): number[] => ssh.tries.slice(1).map(({ atMs }, index) => atMs - (ssh.tries[index]?.atMs ?? 0))
    expect(gaps().slice(0, 5)).toEqual([200, 400, 800, 1000, 1000])
    expect(ssh.tries[0]?.connectMs).toBe(1000)
    await clock.advance(3_600_000)
    expect(gaps().at(-1)).toBe(15_000)
    expect(ssh.tries.at(-1)?.connectMs).toBe(5000)
    const before = ssh.tries.length
    session.wake()
    await clock.advance(10_000)
    expect(ssh.tries.length - before).toBeGreaterThanOrEqual(9)
    expect(session.state()).toMatchObject({ state: 'away', reason: 'no answer' })
    expect(session.state().retryAfterMs).toBeLessThanOrEqual(1000)
    ssh.down = undefined
    await clock.advance(1000)
    expect(session.state().state).toBe('connected')
  })

  it('makes a lost connection again at once, and what is dialled meanwhile fails at once', async () => {
    const { clock, ssh, said, open } = rig()
    const session = open()
    await clock.advance(1)
    ssh.outcomes.push(unreachable)
    ssh.last?.cut('the connection was cut')
    await clock.advance(1)
    expect(session.state()).toMatchObject({ state: 'away' })
    const stream = session.dial(8000)
    const error = await new Promise((resolve) => stream.once('error', resolve))
    expect(error).toMatchObject({ code: 'machine.unreachable' })
    await clock.advance(200)
    expect(session.state().state).toBe('connected')
    expect(said.map(({ state }) => state)).toEqual(['connected', 'away', 'away', 'connected'])
  })

  it('leaves an idle connection alone, and gives up a silent one after 45 seconds', async () => {
    const { clock, ssh, open } = rig()
    const session = open()
    await clock.advance(60_000)
    const first = ssh.last
    expect(first?.pings).toBeGreaterThanOrEqual(3)
    expect(first?.pings).toBeLessThanOrEqual(4)
    if (first) first.isAlive = false
    await clock.advance(44_000)
    expect(session.machine()).toBe(first)
    await clock.advance(20_000)
    expect(first?.isClosed).toBe(true)
    expect(session.machine()).toBe(ssh.last)
    expect(ssh.last).not.toBe(first)
  })

  it('finds a dead path within some ten seconds while a request waits', async () => {
    const { clock, ssh, asked, open } = rig()
    open()
    await clock.advance(31_000)
    const first = ssh.last
    if (first) first.isAlive = false
    asked.isWaiting = true
    await clock.advance(12_000)
    expect(first?.isClosed).toBe(true)
    expect(ssh.last?.isClosed).toBe(false)
  })

  it('asks at once when the computer has slept, and keeps a connection that answers', async () => {
    const { clock, ssh, asked, open } = rig()
    const session = open()
    await clock.advance(3000)
    const first = ssh.last
    asked.wallAheadMs += 3_600_000
    await clock.advance(2000)
    expect(first?.pings).toBe(1)
    await clock.advance(10_000)
    expect(session.machine()).toBe(first)
    if (first) first.isAlive = false
    asked.wallAheadMs += 60_000
    await clock.advance(8000)
    expect(first?.isClosed).toBe(true)
    expect(session.machine()).toBe(ssh.last)
  })

  it('starts anew with its tries when the computer has slept while the machine was away', async () => {
    const { clock, ssh, asked, open } = rig()
    ssh.down = unreachable
    open()
    await clock.advance(3_600_000)
    const before = ssh.tries.length
    asked.wallAheadMs += 3_600_000
    await clock.advance(5000)
    expect(ssh.tries.length - before).toBeGreaterThanOrEqual(4)
  })

  it.each(['ssh.hostkey', 'ssh.auth'] as const)('stops at %s until it is asked to try again', async (code) => {
    const { clock, ssh, open } = rig()
    ssh.down = new LabosError(code, 'no', { suggestions: ['look'] })
    const session = open()
    await clock.advance(3_600_000)
    session.wake()
    await clock.advance(60_000)
    expect(ssh.tries.length).toBe(1)
    expect(session.state()).toMatchObject({ state: 'failed', reason: 'no', code })
    ssh.down = undefined
    session.retry()
    await clock.advance(1)
    expect(session.state().state).toBe('connected')
  })

  it('looks for the machine elsewhere when it stays away, and goes there', async () => {
    const moved = { ...PLACE, host: '192.0.2.2' }
    let looks = 0
    const { clock, ssh, open } = rig({
      findAgain: () => {
        looks += 1
        return looks < 3 ? Promise.reject(new Error('no network')) : Promise.resolve(moved)
      },
    })
    ssh.down = unreachable
    const session = open()
    await clock.advance(9000)
    expect(looks).toBe(0)
    await clock.advance(200_000)
    expect(looks).toBe(3)
    expect(ssh.tries.at(-1)?.place).toBe(moved)
    ssh.down = undefined
    await clock.advance(1000)
    expect(session.state().state).toBe('connected')
  })

  it('asks where the machine is that is not where it was found last', async () => {
    const moved = { ...PLACE, host: '192.0.2.2' }
    const asked: SshPlace[] = []
    const { clock, ssh, open } = rig({
      findAgain: (place) => {
        asked.push(place)
        return Promise.resolve(asked.length === 1 ? moved : undefined)
      },
    })
    ssh.down = unreachable
    open()
    await clock.advance(600_000)
    expect(asked.slice(0, 3)).toEqual([PLACE, moved, moved])
  })

  it('ends its tries when the machine is said to be gone', async () => {
    const gone = new LabosError('machine.gone', 'it was terminated', { suggestions: ['labos up'] })
    const { clock, ssh, open } = rig({ findAgain: () => Promise.reject(gone) })
    ssh.down = unreachable
    const session = open()
    await clock.advance(60_000)
    expect(session.state()).toMatchObject({ state: 'failed', code: 'machine.gone' })
    const before = ssh.tries.length
    await clock.advance(600_000)
    expect(ssh.tries.length).toBe(before)
  })

  it('closes what it made, whatever it was doing', async () => {
    const { clock, ssh, open } = rig()
    const connected = open()
    await clock.advance(1)
    await connected.close()
    expect(ssh.last?.isClosed).toBe(true)
    ssh.down = unreachable
    const away = open()
    await clock.advance(500)
    await away.close()
    ssh.down = changed
    const failed = open()
    await clock.advance(500)
    await failed.close()
    expect(clock.sleepers).toBe(0)
  })
})
