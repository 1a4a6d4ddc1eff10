/** The lease on a host of the user's own: nothing there is ever powered off. */
import { describe, expect, it } from 'vitest'
import { machineWorld, shownLease as shown, type MachineWorld } from '../../fakes/machine-world.js'

const T = 1_000_000

function owned(more: Readonly<Record<string, string | number>> = {}): MachineWorld {
  const world = machineWorld('home/ada/.local/share/labos/one')
  world.settings({ PROVIDER: 'ssh', SCOPE: 'user', ON_END: 'stop', TTL_S: '', BOOT_S: '', IDLE_S: '', ...more })
  return world
}

describe('a host of the user’s own', () => {
  const STOP =
    '--user stop labos-one-lease.timer labos-one-end.timer labos-one-bootstrap.service labos-one-engine.service'

  it('is never powered off: its units are stopped', () => {
    const world = owned({ TTL_S: 3600 })
    world.run('lease.sh', 'arm')
    expect(world.read('runtime/systemd/user/labos-one-end.service')).toMatch(/ExecStart=\/bin\/sh ".*lease\.sh" end\n/)
    expect(world.run('lease.sh', 'end').status).toBe(0)
    expect(world.said()).toContain(STOP)
    expect(world.said().join('\n')).not.toContain('poweroff')
    expect(JSON.parse(world.read('home/ada/.local/share/labos/one/lease.json') ?? '')).toMatchObject({
      armed: false,
      on_end: 'stop',
    })
  })

  it.each([
    ['its deadline, for a timer may be early', { TTL_S: 3600 }, 3595, 'deadline'],
    ['the time for its start', { BOOT_S: 600 }, 600, 'boot'],
    ['that nobody was heard of', { UNHEARD_S: 900, TTL_S: 3600 }, 900, 'unheard'],
    ['being told to, for nothing else', { TTL_S: 3600, UNHEARD_S: 900 }, 60, null],
  ])('says that what ended it was %s', (_, more, seconds, by) => {
    const world = owned(more)
    world.run('lease.sh', 'arm')
    world.at(T + seconds)
    world.run('lease.sh', 'end')
    expect(JSON.parse(world.read('home/ada/.local/share/labos/one/lease.json') ?? '')).toMatchObject({
      ends: T + seconds,
      ends_by: by,
    })
  })

  it('leaves the word to a lease that was armed anew while the last one ended', () => {
    const world = owned({ TTL_S: 3600 })
    world.run('lease.sh', 'arm')
    shown(world)
    const before = world.read('home/ada/.local/share/labos/one/lease.json')
    world.program('systemctl', 'case "$*" in *stop*) echo 5 >"$XDG_RUNTIME_DIR/labos-one/boot" ;; esac')
    expect(world.run('lease.sh', 'end').status).toBe(0)
    expect(world.read('home/ada/.local/share/labos/one/lease.json')).toBe(before)
  })

  it('has no end where none was asked for', () => {
    const world = owned()
    world.run('lease.sh', 'arm')
    expect(shown(world)).toMatchObject({ armed: true, ends: null, ends_by: null })
  })

  it('keeps its deadline over a boot, and is extended there', () => {
    const world = owned({ TTL_S: 3600 })
    world.run('lease.sh', 'arm')
    expect(world.run('lease.sh', 'extend', '7200').status).toBe(0)
    world.at(T + 60)
    world.run('lease.sh', 'arm')
    expect(shown(world)).toMatchObject({ deadline: T + 10_800, armed: true })
    world.at(T + 10_900)
    world.run('lease.sh', 'arm')
    world.run('lease.sh', 'check')
    expect(world.said()).toContain('--user start --no-block labos-one-end.service')
  })

  it.each([
    ['-3600', 'that is in the past'],
    ['1h', 'by how many seconds?'],
    ['', 'by how many seconds?'],
  ])('is not extended by %j', (by, why) => {
    const world = owned({ TTL_S: 3600 })
    world.run('lease.sh', 'arm')
    expect(world.run('lease.sh', 'extend', by)).toMatchObject({ status: 2, stderr: `${why}\n` })
    expect(shown(world).deadline).toBe(T + 3600)
  })
})
