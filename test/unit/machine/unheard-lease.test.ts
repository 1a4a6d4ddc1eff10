/** The lease of a machine that is for a `labos run`: it ends where nobody says any more that the run goes on. */
import { describe, expect, it } from 'vitest'
import { machineWorld, shownLease as shown, type MachineWorld } from '../../fakes/machine-world.js'

const T = 1_000_000

const hasEnded = (world: MachineWorld): boolean => world.said().includes('start --no-block labos-end.service')

describe('a machine for a `labos run`', () => {
  const forRun = (): MachineWorld => {
    const world = machineWorld()
    world.settings({ PROVIDER: 'aws', SCOPE: 'system', ON_END: 'poweroff', TTL_S: 14_400, UNHEARD_S: 900 })
    world.run('lease.sh', 'arm')
    return world
  }

  it('ends when nobody was heard of since it booted', () => {
    const world = forRun()
    world.at(T + 899)
    expect(shown(world)).toMatchObject({ unheard_limit: 900, ends_by: 'deadline' })
    expect(hasEnded(world)).toBe(false)
    world.at(T + 900)
    expect(world.run('lease.sh', 'check').stderr).toBe('this lab ends now: unheard\n')
    expect(hasEnded(world)).toBe(true)
  })

  it('goes on while somebody is, and counts from the last time', () => {
    const world = forRun()
    for (const seconds of [600, 1200]) {
      world.at(T + seconds)
      expect(world.run('lease.sh', 'heard').status).toBe(0)
    }
    world.at(T + 2099)
    world.run('lease.sh', 'check')
    expect(hasEnded(world)).toBe(false)
    world.at(T + 2100)
    world.run('lease.sh', 'check')
    expect(hasEnded(world)).toBe(true)
  })

  it('counts from each boot anew', () => {
    const world = forRun()
    world.run('lease.sh', 'heard')
    world.at(T + 2000)
    world.run('lease.sh', 'arm')
    world.run('lease.sh', 'check')
    expect(hasEnded(world)).toBe(false)
  })

  it('that was taken over needs nobody any more, at later boots neither', () => {
    const world = forRun()
    expect(world.run('lease.sh', 'free').status).toBe(0)
    expect(JSON.parse(world.read('var/lib/labos/lease.json') ?? '')).toMatchObject({ unheard_limit: null })
    world.run('lease.sh', 'arm')
    world.at(T + 2000)
    expect(shown(world)).toMatchObject({ unheard_limit: null })
    expect(hasEnded(world)).toBe(false)
  })

  it('is not kept by a clock that went back', () => {
    const world = forRun()
    world.at(T + 5000)
    world.run('lease.sh', 'heard')
    world.at(T)
    world.run('lease.sh', 'check')
    world.at(T + 900)
    world.run('lease.sh', 'check')
    expect(hasEnded(world)).toBe(true)
  })

  it('does not say that it was freed where that cannot be written', () => {
    const world = forRun()
    world.program('mv', 'case "$*" in *labos/free) exit 1 ;; *) exec /bin/mv "$@" ;; esac')
    expect(world.run('lease.sh', 'free').status).toBe(1)
    expect(shown(world)).toMatchObject({ unheard_limit: 900 })
  })

  it('is not kept by what is no time', () => {
    const world = forRun()
    world.write('run/labos/heard', 'now')
    world.at(T + 900)
    world.run('lease.sh', 'check')
    expect(hasEnded(world)).toBe(true)
  })
})
