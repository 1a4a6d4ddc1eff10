/** The scripts that start the engine, make the units, and take all of it away again; systemd is a stand-in. */
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { labWorld, type LabWorld } from '../../fakes/machine-lab.js'
import { machineWorld } from '../../fakes/machine-world.js'

vi.setConfig({ testTimeout: 60_000 })

const HOME = 'var/lib/labos'

/** A machine on which all but the engine's start is done. */
function installed(): LabWorld {
  const world = labWorld()
  world.write('opt/dlami/nvme/labos/hf/x', '')
  world.run('disk.sh')
  return world
}

/** What `systemctl show` and the journal say of the engine. */
function engine(world: LabWorld, state: string, journal: string): void {
  world.write('state/labos-engine.service', `${state}\n`)
  world.write('journal', journal)
}

describe('serve.sh start', () => {
  it('waits until the engine answers, and has the lease know it', () => {
    const world = installed()
    world.run('lease.sh', 'arm')
    world.program('sleep', `/bin/sleep 0.02; : >${world.root}/web/http___127.0.0.1_8000_health`)
    expect(world.run('serve.sh', 'start').status).toBe(0)
    expect(world.ends()).toEqual(['serve done'])
    expect(JSON.parse(world.read(`${HOME}/lease.json`) ?? '')).toMatchObject({ served: true, boot_deadline: null })
  })

  it('keeps the key to itself', () => {
    const world = installed()
    world.web('http://127.0.0.1:8000/health', '')
    world.run('serve.sh', 'start')
    for (const name of ['key', 'engine.env']) expect(statSync(join(world.home, name)).mode & 0o777).toBe(0o600)
    expect(statSync(join(world.home, 'vllm.yaml')).mode & 0o777).toBe(0o644)
    const key = (world.read(`${HOME}/key`) ?? '').trim()
    expect(world.said().join('\n') + (world.read(`${HOME}/phases.ndjson`) ?? '')).not.toContain(key)
  })

  it.each([
    ['activating', 'vllm serve: error: unrecognized arguments: --frobnicate\n', 'engine.config', '--frobnicate'],
    [
      'failed',
      'INFO starts\nValueError: No available memory for the cache blocks.\nRuntimeError: Engine core initialization failed.\n',
      'engine.exit',
      'ValueError: No available memory for the cache blocks.',
    ],
    ['activating', 'RuntimeError: Engine core initialization failed.\nbye\n', 'engine.exit', 'bye'],
    ['inactive', '', 'engine.exit', 'the engine ended without a word'],
  ])('fails at the first end of the engine (%s), with its first complaint', (state, journal, cause, text) => {
    const world = installed()
    engine(world, state, journal)
    expect(world.run('serve.sh', 'start').status).toBe(9)
    expect(world.lines().at(-1)).toMatchObject({
      state: 'failed',
      cause,
      text: expect.stringContaining(text) as string,
    })
    expect(world.said()).toContain('stop --no-block labos-engine.service')
  })
})

describe('serve.sh set-context', () => {
  it('makes the longest request shorter, from now on', () => {
    const world = installed()
    world.web('http://127.0.0.1:8000/health', '')
    expect(world.run('serve.sh', 'set-context', '8192').status).toBe(0)
    expect(world.said()).toContain('restart --no-block labos-bootstrap.service')
    world.run('serve.sh', 'start')
    expect(world.read(`${HOME}/vllm.yaml`)).toBe('model: "a/b"\nport: 8000\nmax-model-len: 8192\n')
  })

  it.each(['', '0', '8k', '-1'])('refuses %j', (tokens) => {
    expect(installed().run('serve.sh', 'set-context', tokens).status).toBe(2)
  })
})

describe('units.sh and remove.sh', () => {
  const OWN = 'home/ada/.local/share/labos/one'
  function owned(linger: string): ReturnType<typeof machineWorld> {
    const world = machineWorld(OWN)
    world.settings({ PROVIDER: 'ssh', SCOPE: 'user', ON_END: 'stop', TTL_S: 3600 })
    world.program('loginctl', `echo "loginctl $*" >>${world.root}/said; case $1 in show-user) echo ${linger} ;; esac`)
    return world
  }
  const UNITS = 'user/.config/systemd/user'

  it('make the units of a rented machine, which start at each boot', () => {
    const world = labWorld()
    expect(world.run('units.sh', 'install').status).toBe(0)
    const unit = world.read('etc/systemd/system/labos-engine.service')
    expect(unit).toContain(`ExecStart="${world.home}/engine/bin/vllm" serve --config "${world.home}/vllm.yaml"\n`)
    expect(unit).toContain('Restart=always\n')
    expect(unit).toContain('KillMode=mixed\n')
    expect(world.said()).toContain('enable labos-bootstrap.service')
    expect(world.said().join('\n')).not.toContain('loginctl')
  })

  it('give back all of it on a host of the user’s own, other labs and the login as they were', () => {
    const world = owned('no')
    world.write(`${UNITS}/labos-two-engine.service`, '')
    world.run('units.sh', 'install')
    world.run('lease.sh', 'arm')
    expect(world.said()).toContain('--user enable labos-one-bootstrap.service')
    expect(world.said().join('\n')).toContain('loginctl enable-linger')
    expect(world.run('remove.sh')).toEqual({ status: 0, stdout: '', stderr: '' })
    expect(world.said().join('\n')).toContain('loginctl disable-linger')
    expect(world.read(`${UNITS}/labos-two-engine.service`)).toBe('')
    for (const path of [
      `${OWN}/bin/lease.sh`,
      `${UNITS}/labos-one-engine.service`,
      'runtime/systemd/user/labos-one-end.timer',
    ])
      expect(world.read(path)).toBeUndefined()
  })

  it('leave what another lab there still needs, which takes it back when it goes', () => {
    const world = owned('no')
    const other = 'home/ada/.local/share/labos/two'
    world.write(`${other}/bin/lease.sh`, '')
    world.write(`${UNITS}/labos-two-engine.service`, '')
    world.write(`${OWN}/folders`, `${world.root}/${UNITS}\n${world.root}/home/ada/.local/share/labos\n`)
    world.run('units.sh', 'install')
    expect(world.run('remove.sh').status).toBe(0)
    expect(world.said().join('\n')).not.toContain('disable-linger')
    expect([world.read(`${other}/linger`), world.read(`${OWN}/linger`)]).toEqual(['', undefined])
    expect(world.read(`${other}/folders`)?.split('\n').sort()).toEqual(
      ['', `${world.root}/${UNITS}`, `${world.root}/home/ada/.local/share/labos`].sort(),
    )
  })

  it('leave a login alone that was to live on before', () => {
    const world = owned('yes')
    world.run('units.sh', 'install')
    world.run('remove.sh')
    expect(world.said().join('\n')).not.toMatch(/able-linger/)
  })

  it('say where user units end with the login', () => {
    const world = owned('no')
    world.program('loginctl', 'exit 1')
    expect(world.run('units.sh', 'install')).toMatchObject({
      status: 3,
      stderr: expect.stringMatching(/end at the logout/) as string,
    })
  })

  it('take what an interrupted write has left, and leave the lab beside it whose name begins alike', () => {
    const world = owned('yes')
    world.run('units.sh', 'install')
    const other = `${UNITS}/labos-one-2-engine.service`
    world.write(other, '[Unit]\n')
    world.write('runtime/systemd/user/labos-one-end.timer.123', '[Unit]\n')
    world.write('runtime/systemd/user/labos-one-end.timer', '[Unit]\n')
    expect(world.run('remove.sh')).toMatchObject({ status: 0, stdout: '' })
    expect(world.read(other)).toBe('[Unit]\n')
    expect(world.read('runtime/systemd/user/labos-one-end.timer.123')).toBeUndefined()
  })

  it('say of a link that it is left, though it leads nowhere', () => {
    const world = owned('yes')
    world.run('lease.sh', 'arm')
    world.program('rm', 'case "$*" in *.wants/*) exit 1 ;; *) exec /bin/rm "$@" ;; esac')
    const { status, stdout } = world.run('remove.sh')
    expect(status).toBe(1)
    expect(stdout).toMatch(/\.wants\/labos-one-\w+\.service/)
  })

  it('say what could not be removed', () => {
    const world = owned('yes')
    world.run('units.sh', 'install')
    world.program('rm', `case "$*" in *engine.service*) exit 1 ;; *) exec /bin/rm "$@" ;; esac`)
    expect(world.run('remove.sh')).toMatchObject({
      status: 1,
      stdout: expect.stringContaining('labos-one-engine.service') as string,
    })
  })
})
