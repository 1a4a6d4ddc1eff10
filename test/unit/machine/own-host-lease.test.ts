/** The lease on a host of the user's own: nothing there is ever powered off. */
import { describe, expect, it } from 'vitest'
import { eventually } from '../../fakes/cli.js'
import { machineWorld, shownLease as shown, type MachineWorld } from '../../fakes/machine-world.js'

const T = 1_000_000

function owned(more: Readonly<Record<string, string | number>> = {}): MachineWorld {
  const world = machineWorld('home/ada/.local/share/labos/one')
  world.settings({ PROVIDER: 'ssh', SCOPE: 'user', ON_END: 'stop', TTL_S: '', BOOT_S: '', IDLE_S: '', ...more })
  return world
}

describe('a host of the user’s own', () => {
  const STOP =
    '--user stop labos-one-lease.timer labos-one-lease.service labos-one-end.timer labos-one-bootstrap.service labos-one-engine.service'

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

  it('is armed anew only when the last lease has ended whole', async () => {
    const world = owned({ TTL_S: 3600 })
    world.run('lease.sh', 'arm')
    const script = `${world.root}/home/ada/.local/share/labos/one/bin/lease.sh`
    const note = `echo "$*" >>${world.root}/order`
    world.program(
      'systemctl',
      `case "$*" in *engine.service*) sh ${script} arm >/dev/null 2>&1 & sleep 0.3 ;; esac; ${note}`,
    )
    expect(world.run('lease.sh', 'end').status).toBe(0)
    await eventually(() => world.read('order')?.includes('restart --no-block labos-one-lease.timer') === true)
    const order = (world.read('order') ?? '').split('\n')
    const at = (what: string): number => order.findIndex((line) => line.includes(what))
    expect(at('engine.service')).toBeLessThan(at('restart --no-block labos-one-end.timer'))
    world.program('systemctl', '')
    expect(shown(world)).toMatchObject({ armed: true, deadline: T + 3600 })
  })

  it('says once why it ended', () => {
    const world = owned({ UNHEARD_S: 900 })
    world.run('lease.sh', 'arm')
    world.at(T + 900)
    world.run('lease.sh', 'end')
    world.at(T + 950)
    expect(world.run('lease.sh', 'end').status).toBe(0)
    expect(JSON.parse(world.read('home/ada/.local/share/labos/one/lease.json') ?? '')).toMatchObject({
      ends: T + 900,
      ends_by: 'unheard',
    })
    world.run('lease.sh', 'heard')
    expect(world.read('runtime/labos-one/heard')).toBeUndefined()
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
