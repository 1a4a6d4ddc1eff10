/** The scripts that end a machine, with stand-ins for systemd, the metadata service, the engine and the clock. */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { machineWorld, shownLease as shown, type MachineWorld } from '../../fakes/machine-world.js'

const T = 1_000_000
const TAG = 'http://169.254.169.254/latest/meta-data/tags/instance/labos:expires-at'
const SPOT = 'http://169.254.169.254/latest/meta-data/spot/instance-action'
const HEALTH = 'http://127.0.0.1:8000/health'
const METRICS = 'http://127.0.0.1:8000/metrics'
const RUN = 'run/systemd/system'
const END = 'start --no-block labos-end.service'

const iso = (seconds: number): string => new Date(seconds * 1000).toISOString()

function rented(more: Readonly<Record<string, string | number>> = {}): MachineWorld {
  const world = machineWorld()
  world.settings({
    PROVIDER: 'aws',
    SCOPE: 'system',
    ON_END: 'poweroff',
    TTL_S: 14_400,
    BOOT_S: '',
    IDLE_S: '',
    ...more,
  })
  return world
}

const endsIn = (world: MachineWorld): string | undefined =>
  /OnActiveSec=(\d+)/.exec(world.read(`${RUN}/labos-end.timer`) ?? '')?.[1]

const hasEnded = (world: MachineWorld): boolean => world.said().includes(END)

function serve(world: MachineWorld, counters: { running?: number; tokens?: number } | undefined): void {
  world.write('var/lib/labos/vllm.yaml', 'model: "m"\nport: 8000\n')
  world.web(HEALTH, counters && '')
  const { running = 0, tokens = 0 } = counters ?? {}
  world.web(
    METRICS,
    counters &&
      [
        '# HELP vllm:num_requests_running Number of requests',
        `vllm:num_requests_running{engine="0",model_name="a {b} c"} ${String(running)}.0`,
        'vllm:num_requests_waiting{engine="0",model_name="a"} 0.0',
        'vllm:num_requests_waiting_by_reason{engine="0",reason="capacity"} 7.0',
        `vllm:prompt_tokens_total{engine="0",model_name="a"} ${tokens.toExponential(2)}`,
        'vllm:prompt_tokens_created{engine="0",model_name="a"} 1.7e+09',
        'vllm:generation_tokens_total{engine="0",model_name="a"} 0.0',
        '',
      ].join('\n'),
  )
}

describe('the deadline', () => {
  it('is armed with nothing but systemd, before anything else is there', () => {
    const world = rented()
    expect(world.run('lease.sh', 'arm').status).toBe(0)
    expect(endsIn(world)).toBe('14400')
    const end = world.read(`${RUN}/labos-end.service`)
    expect(end).toContain('ExecStart=systemctl -i --no-block poweroff\n')
    expect(end).toContain('FailureAction=poweroff-force\n')
    for (const name of ['end.service', 'end.timer', 'lease.service', 'lease.timer'])
      expect(world.read(`${RUN}/labos-${name}`)).toContain('DefaultDependencies=no\n')
    expect(world.said()).toContain('restart --no-block labos-end.timer')
    expect(world.said().at(-1)).toBe('restart --no-block labos-lease.timer')
    expect(world.read('etc/systemd/system/sysinit.target.wants/labos-arm.service')).toContain('lease.sh" arm\n')
  })

  it.each([
    ['without lab.env', undefined],
    ['with a damaged one', "LABOS_TTL_S='60\nLABOS_"],
    ['with an empty one', ''],
    ['with no number in it', "LABOS_TTL_S='soon'\nLABOS_PROVIDER='aws'\n"],
  ])('is four hours off %s', (_, text) => {
    const world = machineWorld()
    if (text !== undefined) world.write('var/lib/labos/lab.env', text)
    world.run('lease.sh', 'arm')
    expect(endsIn(world)).toBe('14400')
  })

  it('follows the tag, later and sooner, and is left alone while that is the same', () => {
    const world = rented()
    world.run('lease.sh', 'arm')
    world.web(TAG, iso(T + 20_000))
    expect(shown(world)).toMatchObject({ armed: true, deadline: T + 20_000, ends: T + 20_000, ends_by: 'deadline' })
    expect(endsIn(world)).toBe('20000')
    const before = world.said().filter((line) => line.includes('restart')).length
    shown(world)
    expect(world.said().filter((line) => line.includes('restart'))).toHaveLength(before)
    world.web(TAG, iso(T + 600))
    expect(shown(world).deadline).toBe(T + 600)
    expect(endsIn(world)).toBe('600')
  })

  it.each([
    ['does not answer', undefined],
    ['says what is no time', 'soon'],
    ['says what date takes for one', 'tomorrow'],
    ['says nothing', ''],
  ])('stays as it was when the metadata service %s', (_, tag) => {
    const world = rented({ TTL_S: 3600 })
    world.run('lease.sh', 'arm')
    world.web(TAG, iso(T + 7200))
    shown(world)
    world.web(TAG, tag)
    expect(shown(world).deadline).toBe(T + 7200)
  })

  it('ends the machine when it has passed, by the clock that tests can move', () => {
    const world = rented({ TTL_S: 3600 })
    world.run('lease.sh', 'arm')
    shown(world)
    expect(hasEnded(world)).toBe(false)
    world.write('var/lib/labos/clock-offset', '3600\n')
    world.run('lease.sh', 'check')
    expect(hasEnded(world)).toBe(true)
    expect(endsIn(world)).toBe('1')
  })

  it('is armed again when its timer is gone, or the clock was set', () => {
    const world = rented({ TTL_S: 3600 })
    world.run('lease.sh', 'arm')
    rmSync(join(world.root, 'active/labos-end.timer'))
    world.at(T + 3)
    shown(world)
    expect(endsIn(world)).toBe('3597')
    world.at(T + 1000)
    shown(world)
    expect(endsIn(world)).toBe('2600')
  })

  it('is remembered over a boot without network, but never later than a new lab would end', () => {
    const world = rented({ TTL_S: 3600 })
    world.run('lease.sh', 'arm')
    world.web(TAG, iso(T + 1800))
    shown(world)
    world.web(TAG, undefined)
    world.at(T + 600)
    world.run('lease.sh', 'arm')
    expect(endsIn(world)).toBe('1200')
    world.write('var/lib/labos/deadline', String(T + 90_000))
    world.run('lease.sh', 'arm')
    expect(endsIn(world)).toBe('3600')
  })

  it('is shown as not armed where nothing armed it', () => {
    expect(shown(rented())).toMatchObject({ armed: false, ends: null })
  })

  it('does not need a disk that can be written', () => {
    const world = rented({ TTL_S: 3600 })
    world.run('lease.sh', 'arm')
    world.program('mv', 'case "$*" in *var/lib/labos*) exit 1 ;; *) exec /bin/mv "$@" ;; esac')
    world.at(T + 3600)
    world.run('lease.sh', 'check')
    expect(hasEnded(world)).toBe(true)
  })
})

describe('the boot deadline', () => {
  it('ends a machine that does not serve in time', () => {
    const world = rented({ BOOT_S: 1200 })
    world.run('lease.sh', 'arm')
    expect(endsIn(world)).toBe('1200')
    expect(shown(world)).toMatchObject({ boot_deadline: T + 1200, ends_by: 'boot', served: false })
    world.at(T + 1201)
    world.run('lease.sh', 'check')
    expect(hasEnded(world)).toBe(true)
  })

  it('is over when the engine has answered once in this boot', () => {
    const world = rented({ BOOT_S: 1200 })
    world.run('lease.sh', 'arm')
    serve(world, {})
    expect(shown(world)).toMatchObject({ boot_deadline: null, served: true, ends_by: 'deadline' })
    expect(endsIn(world)).toBe('14400')
    serve(world, undefined)
    world.at(T + 1300)
    expect(shown(world)).toMatchObject({ boot_deadline: null, served: true })
    world.run('lease.sh', 'arm')
    expect(shown(world)).toMatchObject({ boot_deadline: T + 2500, served: false, idle_since: null })
  })
})

describe('the idle limit', () => {
  function serving(): MachineWorld {
    const world = rented({ IDLE_S: 1800, BOOT_S: 1200 })
    world.run('lease.sh', 'arm')
    serve(world, { tokens: 100 })
    shown(world)
    return world
  }

  it('counts from the first answer, and ends the machine', () => {
    const world = serving()
    world.at(T + 1799)
    expect(shown(world)).toMatchObject({ idle_since: T, idle_limit: 1800, ends: T + 1800, ends_by: 'idle' })
    expect(hasEnded(world)).toBe(false)
    world.at(T + 1800)
    world.run('lease.sh', 'check')
    expect(hasEnded(world)).toBe(true)
  })

  it.each([
    ['a request that runs', { running: 1, tokens: 100 }, T + 1000],
    ['tokens since the last look', { tokens: 500 }, T + 1000],
    ['only looks at it', { tokens: 100 }, T],
    ['an engine that was started again and did nothing', { tokens: 0 }, T],
    ['an engine that was started again and answered', { tokens: 20 }, T + 1000],
    ['an engine that does not answer', undefined, T],
  ])('sees %s', (_, counters, idleSince) => {
    const world = serving()
    world.at(T + 1000)
    serve(world, counters)
    expect(shown(world).idle_since).toBe(idleSince)
  })

  it.each(['garbage', 'vllm:num_requests_running{a="b"} NaN\n', '<html>\0\u0001vllm:num'])(
    'runs on over %j',
    (text) => {
      const world = serving()
      world.at(T + 1000)
      world.web(METRICS, text)
      expect(shown(world).idle_since).toBe(T)
    },
  )

  it('begins anew where what it had noted is damaged', () => {
    const world = serving()
    world.write('run/labos/idle', 'x')
    world.write('run/labos/tokens', '')
    world.write('var/lib/labos/lease.json', '{"t":')
    expect(shown(world)).toMatchObject({ idle_since: T, served: true })
  })
})

it('notes that the cloud takes a spot machine back', () => {
  const world = rented()
  world.run('lease.sh', 'arm')
  expect(shown(world).interrupt).toBeNull()
  world.web(SPOT, `{"action": "terminate", "time": "${iso(T + 120)}"}`)
  expect(shown(world).interrupt).toBe(T + 120)
})

it('is extended by its tag alone on a rented machine', () => {
  const world = rented()
  world.run('lease.sh', 'arm')
  expect(world.run('lease.sh', 'extend', '60')).toMatchObject({
    status: 2,
    stderr: expect.stringContaining('tag') as string,
  })
})
