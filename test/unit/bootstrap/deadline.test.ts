/** The script that ends a rented machine, run by sh with programs of the test in place of systemctl, curl and date. */
import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { tempDir } from '../../fakes/temp-dir.js'

const SCRIPT = resolve(import.meta.dirname, '../../../templates/deadline.sh')

interface World {
  run(...args: string[]): void
  unit(name: string): string
  readonly said: () => string[]
}

/** `tag`: what the metadata service says; undefined = it does not answer. `now`: seconds since the epoch. */
function world(wish: { tag?: string; now?: number } = {}): World & { tag: string | undefined; now: number } {
  const dir = tempDir()
  const bin = join(dir, 'bin')
  mkdirSync(bin)
  const state = { tag: wish.tag, now: wish.now ?? 1_000_000 }
  const program = (name: string, text: string): void => {
    writeFileSync(join(bin, name), `#!/bin/sh\n${text}\n`)
    chmodSync(join(bin, name), 0o755)
  }
  program('systemctl', `echo "$*" >>${dir}/said`)
  const units = join(dir, 'units')
  return Object.assign(state, {
    run: (...args: string[]): void => {
      const metadata =
        state.tag === undefined ? 'exit 7' : `case "$*" in *api/token*) echo t;; *) echo '${state.tag}';; esac`
      program('curl', metadata)
      program('date', `case "$*" in *-d*) exec /bin/date "$@";; *) echo ${String(state.now)};; esac`)
      execFileSync('sh', [SCRIPT, ...args], {
        env: { PATH: `${bin}:${process.env['PATH'] ?? ''}`, LABOS_UNITS: units },
        stdio: 'pipe',
      })
    },
    unit: (name: string) => readFileSync(join(units, name), 'utf8'),
    said: () => (existsSync(join(dir, 'said')) ? readFileSync(join(dir, 'said'), 'utf8').trim().split('\n') : []),
  })
}

const tagAt = (seconds: number): string => new Date(seconds * 1000).toISOString()

describe('deadline.sh arm', () => {
  it('arms the end with nothing but systemd, and looks at the tag each minute', () => {
    const machine = world()
    machine.run('arm', '240')
    expect(machine.unit('labos-end.timer')).toContain('OnActiveSec=14400\n')
    expect(machine.unit('labos-end.service')).toContain('ExecStart=systemctl --no-block poweroff\n')
    expect(machine.unit('labos-deadline.timer')).toContain('OnUnitActiveSec=60\n')
    expect(machine.unit('labos-deadline.service')).toContain(`${SCRIPT} check\n`)
    expect(machine.said()).toEqual([
      'daemon-reload',
      'restart --no-block labos-end.timer',
      'daemon-reload',
      'start --no-block labos-deadline.timer',
    ])
  })

  it('needs no part of the boot to be well, and forces a power-off that fails', () => {
    const machine = world()
    machine.run('arm', '1')
    for (const name of ['labos-end.timer', 'labos-end.service'])
      expect(machine.unit(name)).toContain('DefaultDependencies=no\n')
    expect(machine.unit('labos-end.service')).toContain('FailureAction=poweroff-force\n')
  })
})

describe('deadline.sh check', () => {
  it('follows a later deadline in the tag, and an earlier one', () => {
    const machine = world({ tag: tagAt(1_007_200) })
    machine.run('arm', '60')
    machine.run('check')
    expect(machine.unit('labos-end.timer')).toContain('OnActiveSec=7200\n')
    machine.tag = tagAt(1_000_600)
    machine.run('check')
    expect(machine.unit('labos-end.timer')).toContain('OnActiveSec=600\n')
  })

  it('leaves the timer alone while the tag is the same', () => {
    const machine = world({ tag: tagAt(1_007_200) })
    machine.run('arm', '60')
    machine.run('check')
    const before = machine.said().length
    machine.now += 60
    machine.run('check')
    expect(machine.said()).toHaveLength(before)
  })

  it('ends at once when the tag says that it is over', () => {
    const machine = world({ tag: tagAt(999_000) })
    machine.run('arm', '60')
    machine.run('check')
    expect(machine.unit('labos-end.timer')).toContain('OnActiveSec=1\n')
  })

  it.each([
    ['does not answer', undefined],
    ['says what is no time', 'soon'],
  ])('keeps the end that was armed when the metadata service %s', (_, tag) => {
    const machine = world()
    machine.run('arm', '60')
    machine.tag = tag
    machine.run('check')
    expect(machine.unit('labos-end.timer')).toContain('OnActiveSec=3600\n')
  })
})
