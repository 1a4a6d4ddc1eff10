/** The scripts that make a machine a laboratory, with stand-ins for the GPU, the installer and the hub's client. */
import { existsSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { eventually, runs } from '../../fakes/cli.js'
import { FETCHES, labWorld, type LabWorld } from '../../fakes/machine-lab.js'

// Real processes, some hundred a run.
vi.setConfig({ testTimeout: 60_000 })

const HOME = 'var/lib/labos'
const HEALTH = 'http://127.0.0.1:8000/health'
const L40S = '46068, 595.71.05, NVIDIA L40S'

function failure(world: LabWorld): { cause?: string | undefined; text?: string | undefined; status: number | null } {
  world.web(HEALTH, '')
  const { status } = world.run('bootstrap.sh')
  const failed = world.lines().find(({ state }) => state === 'failed')
  return { status, cause: failed?.cause, text: failed?.text }
}

function ready(world: LabWorld): LabWorld {
  world.web(HEALTH, '')
  expect(world.run('bootstrap.sh')).toMatchObject({ status: 0 })
  return world
}

describe('the bootstrap', () => {
  it('gates the driver, installs, fetches, and serves', () => {
    const world = ready(labWorld())
    expect(world.ends()).toEqual(['driver done', 'engine done', 'serve done', 'weights done'])
    const weights = world.lines().filter(({ phase }) => phase === 'weights')
    expect(weights.at(-1)).toMatchObject({ boot: 1, total: 40_000 })
    expect(weights.at(-1)?.done).toBeGreaterThanOrEqual(40_000)
    expect(world.read('installed')).toMatch(/pip install --python \S+\/engine-0\.33\.0\/bin\/python vllm==0\.33\.0\n/)
    expect(world.read('installed')).toMatch(/huggingface_hub==\S+ hf-xet==\S+\n/)
    expect(world.said()).toContain('restart labos-engine.service')
  })

  it('puts the big things on the fast disk, and starts the engine from what was planned for this machine', () => {
    const world = ready(labWorld())
    expect(world.read('opt/dlami/nvme/labos/engine-0.33.0/installed')).toBe('')
    expect(world.read(`${HOME}/engine/installed`)).toBe('')
    expect(world.read(`${HOME}/vllm.yaml`)).toBe('model: "a/b"\nport: 8000\nmax-model-len: 16384\n')
    const env = world.read(`${HOME}/engine.env`) ?? ''
    const key = world.read(`${HOME}/key`) ?? ''
    expect(key).toMatch(/^sk-labos-[0-9a-f]{48}\n$/)
    expect(env).toContain(`VLLM_API_KEY=${key}`)
    expect(env).toContain('HF_HUB_OFFLINE=1\n')
    expect(env).toContain(`HF_HOME=${world.root}/opt/dlami/nvme/labos/hf\n`)
    expect(existsSync(/^TMPDIR=(.+)$/m.exec(env)?.[1] ?? '')).toBe(true)
    expect(existsSync(/^VLLM_RPC_BASE_PATH=(.+)$/m.exec(env)?.[1] ?? '')).toBe(true)
  })

  it('finds at a later boot what is there, with the same key', () => {
    const world = ready(labWorld())
    const [key, installed] = [world.read(`${HOME}/key`), world.read('installed')]
    ready(world)
    expect(world.read(`${HOME}/key`)).toBe(key)
    expect(world.read('installed')).toBe(installed)
    const second = world.lines().filter(({ boot }) => boot === 2)
    expect(second.filter(({ text }) => text === 'was there').map(({ phase }) => phase)).toEqual(
      expect.arrayContaining(['engine', 'weights']),
    )
  })

  it('makes again what a stop took with the fast disk, and fetches a file that lost bytes', () => {
    const world = ready(labWorld())
    rmSync(join(world.root, 'opt/dlami/nvme/labos'), { recursive: true })
    ready(world)
    expect(world.read('installed')?.match(/vllm==/g)).toHaveLength(2)
    world.write('opt/dlami/nvme/labos/hf/hub/models--a--b/blobs/blob', 'short')
    ready(world)
    expect(world.read('installed')?.match(/vllm==/g)).toHaveLength(2)
    expect(world.lines().filter(({ boot, text }) => boot === 3 && text === 'was there')).toHaveLength(1)
  })

  it('goes on after a line that was cut off by a lost power supply', () => {
    const world = labWorld()
    world.write(`${HOME}/phases.ndjson`, '{"t":1,"boot":1,"phase":"weights","state":"running","text":"cut')
    world.write(`${HOME}/boots`, '')
    world.web(HEALTH, '')
    world.run('bootstrap.sh')
    const texts = (world.read(`${HOME}/phases.ndjson`) ?? '').split('\n')
    expect(texts.filter((text) => text !== '' && !text.endsWith('}'))).toHaveLength(1)
    expect(texts.at(-2)).toContain('"phase":"serve","state":"done"')
  })

  it('ends what else runs at the first failure, and says that one alone', async () => {
    const world = labWorld()
    world.gpus(L40S, 'nonsense')
    world.program('nvidia-smi', 'echo "No devices were found"; exit 6')
    world.client(`echo $$ >${world.root}/client; exec /bin/sleep 50`)
    expect(failure(world)).toMatchObject({
      status: 1,
      cause: 'driver.missing',
      text: 'nvidia-smi: No devices were found',
    })
    expect(world.lines().filter(({ state }) => state === 'failed')).toHaveLength(1)
    const pid = Number(world.read('client') ?? 0)
    await eventually(() => pid === 0 || !runs(pid)) // nobody waits for it
  })

  it('says that a phase ended without a word', () => {
    const world = labWorld()
    world.write(`${HOME}/bin/driver.sh`, 'kill -9 $$\n')
    expect(failure(world)).toMatchObject({ cause: 'driver.missing', text: 'driver.sh ended with status 137' })
  })
})

describe('the driver gate', () => {
  it.each([
    ['fewer GPUs', [L40S], 2, 'driver.count', 'planned: 2 GPUs; here: 1 (NVIDIA L40S)'],
    [
      'a smaller GPU',
      ['23034, 595.71.05, NVIDIA L4'],
      1,
      'driver.memory',
      'planned: GPUs of 45776 MiB; here: NVIDIA L4 of 23033 MiB',
    ],
    [
      'one smaller GPU of two',
      [L40S, '23034, 595.71.05, NVIDIA L4'],
      2,
      'driver.memory',
      expect.stringContaining('45776'),
    ],
    [
      'an old driver',
      ['46068, 535.216.01, NVIDIA L40S'],
      1,
      'driver.old',
      'NVIDIA driver 535.216.01; the engine needs 580 or newer',
    ],
  ] as [string, string[], number, string, string][])('refuses %s', (_, gpus, planned, cause, text) => {
    const world = labWorld()
    world.write(`${HOME}/machines.tsv`, `g6e.xlarge\t${String(planned)}\t45776\tg6e.xlarge.yaml\n`)
    world.gpus(...gpus)
    expect(failure(world)).toEqual({ status: 1, cause, text })
  })

  it('refuses a machine that nobody planned', () => {
    const world = labWorld()
    world.web('http://169.254.169.254/latest/meta-data/instance-type', 'm7i.large')
    expect(failure(world)).toMatchObject({ cause: 'machine.unknown', text: 'no plan for a machine of type m7i.large' })
  })

  it('waits for GPUs that are being joined', () => {
    const world = labWorld()
    world.program(
      'nvidia-smi',
      `case "$*" in *fabric*) echo x >>${world.root}/asked; [ $(wc -l <${world.root}/asked) -gt 3 ] && echo Completed || echo "In Progress" ;; *) echo "${L40S}" ;; esac`,
    )
    ready(world)
    const driver = world.lines().filter(({ phase }) => phase === 'driver')
    expect(driver.map(({ state }) => state)).toEqual(['running', 'waiting', 'done'])
  })
})

describe('the disk', () => {
  it('must have room for engine and weights', () => {
    const world = labWorld({ WEIGHTS_BYTES: 31_412_968_448 })
    world.free(40)
    expect(failure(world)).toMatchObject({
      cause: 'disk.short',
      text: 'engine and weights need 52 GB of disk, and there is room for 40 GB',
    })
    expect(world.ends()).toEqual(['weights failed disk.short'])
  })

  it('is the lab’s own folder where the fast one is too small, or there is none', () => {
    const world = labWorld()
    rmSync(join(world.root, 'opt'), { recursive: true })
    ready(world)
    expect(world.read(`${HOME}/data/engine-0.33.0/installed`)).toBe('')
  })

  it('is chosen anew when the link leads nowhere', () => {
    const world = labWorld()
    symlinkSync('/nowhere/labos', join(world.home, 'disk'))
    expect(ready(world).ends()).toContain('weights done')
  })
})

describe('the engine', () => {
  const pip = (world: LabWorld, text: string): void => {
    world.installer(`
      for word; do last=$word; done
      case "$*" in
        *vllm==*) ${text} ;;
        venv*) mkdir -p "$last/bin" && cp ${world.root}/programs/venv-python "$last/bin/python" ;;
      esac`)
  }

  it.each([
    ['a full disk', 'error: Failed to write: No space left on device (os error 28)', 'disk.short'],
    ['no network', 'error: Failed to fetch: `http://x/simple/vllm/`', 'engine.download'],
  ])('fails by name: %s', (_, words, cause) => {
    const world = labWorld()
    pip(world, `echo x >>${world.root}/tries; echo '${words}' >&2; exit 1`)
    expect(failure(world)).toMatchObject({ status: 1, cause, text: words.trim() })
    expect(world.read('tries')?.length).toBe(cause === 'engine.download' ? 8 : 2)
  })

  it('that nobody has says which is wanted, though that stands in the lines below', () => {
    const world = labWorld()
    const words = `  × No solution found when resolving dependencies:
  ╰─▶ Because there is no version of vllm==9.9.9 and you require
      vllm==9.9.9, we can conclude that your requirements are unsatisfiable.`
    pip(world, `echo '${words}' >&2; exit 1`)
    expect(failure(world)).toMatchObject({
      cause: 'engine.install',
      text: '× No solution found when resolving dependencies: Because there is no version of vllm==9.9.9 and you require vllm==9.9.9, we can conclude that your requirements are unsatisfiable.',
    })
  })

  it('is installed again where the download stood still', () => {
    const world = labWorld({ STALL_S: 12 })
    pip(
      world,
      `echo x >>${world.root}/tries
       [ $(wc -l <${world.root}/tries) -gt 1 ] || exec /bin/sleep 50
       cp ${world.root}/programs/venv-python ${world.home}/engine/bin/vllm`,
    )
    ready(world)
    const engine = world.lines().filter(({ phase }) => phase === 'engine')
    expect(engine.some(({ stall = 0 }) => stall > 0)).toBe(true)
    expect(engine.find(({ state }) => state === 'waiting')?.text).toBe('again after: no byte for 12 s')
    expect(engine.at(-1)?.state).toBe('done')
  })
})

describe('the weights', () => {
  it.each([
    [3, 'weights.gated', ''],
    [4, 'weights.unknown', ' (asked: http://hub.example)'],
    [5, 'disk.short', ''],
    [6, 'weights.damaged', ''],
    [1, 'weights.download', ' (asked: http://hub.example)'],
  ])('fail by name: status %i is %s', (status, cause, asked) => {
    const world = labWorld({ HUB: 'http://hub.example' })
    world.client(`echo "the hub's words: \\"a\\" \\\\ b"; exit ${String(status)}`)
    expect(failure(world)).toEqual({ status: 1, cause, text: `the hub's words: "a" \\ b${asked}` })
  })

  it('go on where they stood still, without the hub’s fast way', () => {
    const world = labWorld({ STALL_S: 4 })
    world.client(`
      [ -e ${world.root}/second ] || { : >${world.root}/second; exec /bin/sleep 50; }
      echo "$HF_HUB_DISABLE_XET" >${world.root}/plain
      ${FETCHES}`)
    ready(world)
    expect(world.read('plain')).toBe('1\n')
    expect(world.lines().find(({ state }) => state === 'waiting')?.text).toBe('again after: no byte for 4 s')
  })

  it('give up when nothing comes again and again', () => {
    const world = labWorld({ STALL_S: 2 })
    world.client('exec /bin/sleep 50')
    expect(failure(world)).toMatchObject({ cause: 'weights.stall', text: 'no byte for 2 s, 4 times' })
  })

  it('wait for the token of a gated model, which is in no argument', () => {
    const world = labWorld({ WANTS_TOKEN: 'yes' })
    world.client(`echo "$* $(cat "$HF_TOKEN_PATH")" >${world.root}/client; ${FETCHES}`)
    world.program(
      'sleep',
      `/bin/sleep 0.02; grep -q waiting ${world.home}/phases.ndjson && echo hf_secret >${world.home}/hf-token`,
    )
    ready(world)
    expect(world.lines().find(({ state }) => state === 'waiting')?.text).toContain('token')
    expect(world.read('client')).toMatch(/^\S+hub\.py a\/b c0ffee .* hf_secret\n$/)
  })
})
