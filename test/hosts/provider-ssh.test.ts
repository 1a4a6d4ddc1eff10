/** `labos up --provider ssh`: a host of the user's own, from nothing to an endpoint that answers, and back to what it was. */
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import OpenAI from 'openai'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeKeyPair } from '../../src/adapters/ssh/keys.js'
import { type Ended, makeSubject, type Subject } from '../crash/subject.js'
import { TEST_ENGINE_VERSION } from '../engine/engine-index.js'
import { eventually, runs } from '../fakes/cli.js'
import { GPU_FILE, gpuFailure, gpuFile } from './gpu.js'
import type { Guest } from './guest.js'
import { type Mirrors, openMirrors, said, until } from './machine-guest.js'
import { hostsUnavailable, regionSuite } from './suite.js'

const UP_MS = 400_000
/** Its keeper may be silent for a moment on a busy computer. */
const SLOW = { timeout: 60_000, interval: 200 }
const NAME = 'mine'
const FOLDER = `/home/ubuntu/.local/share/labos/${NAME}`
const ANSWER = 'def add_two_numbers(num1, num2): return num1 + num2'
const L40S = gpuFile({ count: 1, memoryMiB: 46_068, name: 'NVIDIA L40S' })

const { region } = regionSuite()
let guest: Guest
let mirrors: Mirrors
let labos: Subject
let hostKey = ''
let before = ''

/** All that the user has there, with what systemd keeps of the user. */
const INVENTORY =
  'find /home/ubuntu /var/lib/systemd/linger $(find /tmp -user ubuntu) -not -path "*/.ssh*" -not -name .bash_history -not -path "*/.cache*" | sort'

beforeAll(async () => {
  if (hostsUnavailable() !== undefined) return
  mirrors = await openMirrors(region())
  const key = makeKeyPair('me')
  guest = await region().boot({
    userData: '#cloud-config\n',
    publicKeys: { me: key.publicKey },
    instanceType: 'g6e.xlarge',
  })
  await guest.ready()
  hostKey = (await said(guest, 'cat /etc/ssh/ssh_host_ed25519_key.pub')).split(' ').slice(0, 2).join(' ')
  before = await said(guest, INVENTORY)
  const home = mkdtempSync(join(tmpdir(), 'labos-own-host-'))
  const PATH = opensshOf(home)
  labos = makeSubject(
    {
      PATH,
      LABOS_PACKAGE_INDEX: `${mirrors.index.url}/simple`,
      LABOS_HUB: mirrors.hub.url,
      LABOS_ENGINE_VERSION: TEST_ENGINE_VERSION,
      LABOS_CONTEXT: '2k',
    },
    home,
  )
  writeFileSync(join(labos.home, '.ssh', 'box'), key.privateKey, { mode: 0o600 })
}, UP_MS)

afterAll(async () => {
  if (hostsUnavailable() !== undefined) return
  await labos.run('down', '--all', '--force', '--ignore-not-found')
  labos.close()
  await mirrors.close()
})

/** OpenSSH goes by the home of who runs it, whatever HOME says: a PATH with one that goes by ours. */
function opensshOf(home: string): string {
  const bin = join(home, 'bin')
  for (const folder of [bin, join(home, '.ssh')]) mkdirSync(folder, { mode: 0o700 })
  const found = (process.env['PATH'] ?? '').split(':').find((folder) => existsSync(join(folder, 'ssh'))) ?? ''
  writeFileSync(join(home, '.ssh', 'config'), '')
  writeFileSync(join(bin, 'ssh'), `#!/bin/sh\nexec ${found}/ssh -F ${home}/.ssh/config "$@"\n`, { mode: 0o755 })
  return `${bin}:${process.env['PATH'] ?? ''}`
}

const target = (): string => `ubuntu@${guest.address}`
const identity = (): string => join(labos.home, '.ssh', 'box')
const upArgs = (...more: string[]): string[] => [
  ...['up', 'deepseek-coder-v2@fp8', '--provider', 'ssh', '--name', NAME],
  ...['--host', target(), '--identity', identity(), ...more],
]
const known = (): string[] => ['--host-key', hostKey]
const up = (...more: string[]): Promise<Ended> => labos.start(upArgs(...more)).ended
const status = async (): Promise<{ state: string; endpoint: string; endsAt: string; pids: { keeper: number } }> =>
  JSON.parse((await labos.run('status', NAME, '--json')).stdout) as Awaited<ReturnType<typeof status>>

const writeGpus = (text: string): Promise<string> => said(guest, `cat >/${GPU_FILE} <<'GPUS'\n${text}GPUS`)

describe('a host that cannot be one is refused, and nothing is made there', () => {
  it('whose host key was never accepted', async () => {
    const { exitCode, stderr } = await up('--yes')
    expect(stderr).toMatch(/ssh\.hostkey[\s\S]*ssh-keyscan -t ed25519[\s\S]*--host-key/)
    expect(exitCode).toBe(8)
  })

  it('that shows another host key', async () => {
    const { exitCode, stderr } = await up('--yes', '--host-key', makeKeyPair('').publicKey)
    expect(stderr).toMatch(/ssh\.hostkey[\s\S]*SHA256:/)
    expect(exitCode).toBe(8)
  })

  it('with a key file that others may read', async () => {
    chmodSync(identity(), 0o644)
    const { exitCode, stderr } = await up('--yes', ...known())
    chmodSync(identity(), 0o600)
    expect(stderr).toMatch(/usage\.file[\s\S]*chmod 600/)
    expect(exitCode).toBe(2)
  })

  it.each<[string, () => string, number, RegExp]>([
    ['without a GPU', () => gpuFailure(9, 'NVIDIA-SMI has failed'), 3, /host\.unfit[\s\S]*NVIDIA-SMI has failed/],
    ['with an old driver', () => L40S.replace('580.95.05', '535.1'), 3, /host\.unfit[\s\S]*535\.1[\s\S]*580 or newer/],
    [
      'with a GPU that is too small',
      () => gpuFile({ count: 1, memoryMiB: 15_360, name: 'Tesla T4' }),
      2,
      /plan\.nofit[\s\S]*weights \d+\.\d \+ engine \d+\.\d \+ \d+\.\d for 2K tokens = \d+\.\d GiB/,
    ],
  ])('%s', async (_what, gpus, exit, text) => {
    await writeGpus(gpus())
    const { exitCode, stderr } = await up('--yes', ...known())
    await writeGpus(L40S)
    expect(stderr).toMatch(text)
    expect(exitCode).toBe(exit)
  })

  it('without curl', async () => {
    await said(guest, 'mv /usr/bin/curl /usr/bin/curl.away')
    const { exitCode, stderr } = await up('--yes', ...known())
    await said(guest, 'mv /usr/bin/curl.away /usr/bin/curl')
    expect(stderr).toMatch(/host\.unfit[\s\S]*lacks curl[\s\S]*apt install curl/)
    expect(exitCode).toBe(3)
  })

  it('without a yes', async () => {
    const { exitCode, stderr } = await up(...known())
    expect(stderr).toMatch(/input\.needed[\s\S]*Nothing was made on ubuntu@/)
    expect(exitCode).toBe(4)
  })

  it('when only the plan is asked for, over another host', async () => {
    // The host itself is the one between, and is then found on its own loopback.
    const home = join(labos.home, '.ssh')
    const at = `HostName ${guest.address}\nUser ubuntu\nIdentityFile ${identity()}\nUserKnownHostsFile ${home}/gate`
    writeFileSync(join(home, 'gate'), `${guest.address} ${hostKey}\n`)
    writeFileSync(join(home, 'config'), `Host gate\n${at}\nHost inner\nHostName 127.0.0.1\nProxyJump gate\n`)
    const args = ['--host', 'ubuntu@inner', '--identity', identity(), '--dry-run', '--json', ...known()]
    const { exitCode, stdout, stderr } = await labos.run('up', 'deepseek-coder-v2@fp8', '--name', 'inner', ...args)
    expect(stderr).toBe('')
    expect([exitCode, JSON.parse(stdout.trim().split('\n').at(-1) ?? '')]).toMatchObject([
      0,
      { result: { target: 'ubuntu@inner', gpu: 'NVIDIA L40S' } },
    ])
  })

  it('when only the plan is asked for', async () => {
    const { exitCode, stdout } = await up('--dry-run', '--json', ...known())
    const { result } = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as { result: Record<string, unknown> }
    expect(result).toMatchObject({ provider: 'ssh', gpu: 'NVIDIA L40S', usdPerHour: 0, contextTokens: 2048 })
    expect(exitCode).toBe(0)
  })

  it('by whom it was interrupted: what was made is removed again', async () => {
    const { child, ended } = labos.start(upArgs('--yes', ...known()), UP_MS)
    let said = ''
    child.stderr?.on('data', (piece: Buffer) => (said += piece.toString()))
    await eventually(() => said.includes('sets itself up'))
    child.kill('SIGINT')
    const { exitCode, stderr } = await ended
    expect(stderr).toMatch(/What was made on ubuntu@\S+ is removed again/)
    expect(exitCode).toBe(130)
  })

  it('is as it was', async () => {
    expect(await said(guest, INVENTORY)).toBe(before)
    expect(JSON.parse((await labos.run('ps', '--json')).stdout)).toEqual({ labs: [] })
  })
})

describe('a host of the user', () => {
  let done: Ended

  beforeAll(async () => {
    if (hostsUnavailable() !== undefined) return
    done = await labos.start(upArgs('--yes', '--json', '--ttl', '2h', ...known()), UP_MS).ended
  }, UP_MS)

  it('serves, and says what was made there and that it costs nothing', async () => {
    expect(done.stderr).toBe('')
    const events = done.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { type: string; plan?: { makes: unknown } })
    expect(events.find(({ type }) => type === 'host-plan')?.plan?.makes).toMatchObject({
      folder: FOLDER,
      units: expect.arrayContaining([`labos-${NAME}-engine`]) as unknown,
    })
    expect(events.at(-1)).toMatchObject({
      type: 'result',
      result: { outcome: 'up', proof: { canaryText: expect.stringContaining(ANSWER) as string } },
    })
    await expect.poll(status, SLOW).toMatchObject({
      state: 'serving',
      provider: 'ssh',
      host: target(),
      usdPerHour: 0,
      usdSoFar: 0,
      lease: { armed: true },
    })
  })

  it('answers through the endpoint', async () => {
    const apiKey = readFileSync(join(labos.home, 'labs', NAME, 'key'), 'utf8').trim()
    const openai = new OpenAI({ baseURL: (await status()).endpoint, apiKey, maxRetries: 0 })
    const chat = await openai.chat.completions.create({
      model: 'deepseek-coder-v2',
      messages: [{ role: 'user', content: 'Add two numbers.' }],
    })
    expect(chat.choices[0]?.message.content).toContain(ANSWER)
  })

  it('runs it all as the user, with secrets that nobody else can read', async () => {
    // By what is there: to `find -not -user`, a file that went while it looked is one of somebody else's.
    expect(await said(guest, `find ${FOLDER} -printf '%u\\n' | sort -u`)).toBe('ubuntu')
    expect(await said(guest, 'ps -o user= -p $(pgrep -d, -f "[v]llm serve") | sort -u')).toBe('ubuntu')
    expect(await said(guest, `stat -c '%a' ${FOLDER}/key ${FOLDER}/engine.env`)).toBe('600\n600')
  })

  it('is there already, the second time', async () => {
    const again = await labos.run(...upArgs('--yes', '--json', ...known()))
    expect(JSON.parse(again.stdout.trim().split('\n').at(-1) ?? '')).toMatchObject({
      result: { outcome: 'already-up' },
    })
    const other = await labos.run(
      'up',
      'deepseek-coder-v2:lite-base',
      '--provider',
      'ssh',
      '--host',
      target(),
      '--name',
      NAME,
    )
    expect(other.stderr).toMatch(/lab\.differs/)
  })

  it('has its logs, a shell and a later deadline', async () => {
    expect((await labos.run('logs', 'bootstrap', '--name', NAME)).exitCode).toBe(0)
    expect((await labos.run('ssh', NAME, '--', 'whoami')).stdout).toBe('ubuntu\n')
    const { endsAt } = await status()
    const extended = JSON.parse((await labos.run('extend', '1h', NAME, '--json')).stdout) as {
      result: { endsAt: string }
    }
    expect(Date.parse(extended.result.endsAt) - Date.parse(endsAt)).toBeGreaterThan(3_500_000)
    expect((await status()).endsAt).toBe(extended.result.endsAt)
    const { labs } = JSON.parse((await labos.run('cost', NAME, '--json')).stdout) as { labs: object[] }
    expect(labs).toMatchObject([{ provider: 'ssh', usdPerHour: 0, endsAt: extended.result.endsAt }])
    expect((await labos.run('stop', NAME)).stderr).toMatch(/usage\.value[\s\S]*host of your own/)
  })

  it('goes on when the keeper is gone, and is opened again', async () => {
    const { pids } = await status()
    process.kill(pids.keeper, 'SIGKILL')
    await eventually(() => !runs(pids.keeper))
    expect((await labos.run('tunnel', NAME, '--detach')).exitCode).toBe(0)
    await eventually(async () => (await status()).state === 'serving')
  })

  it(
    'ends at its deadline, while the host goes on; and serves again when it is brought up again',
    async () => {
      await said(guest, `echo 90000 >${FOLDER}/clock-offset`)
      await until('an end', async () => ((await status()).state === 'ended' ? true : undefined), 90_000)
      await until('an engine that is gone', async () =>
        (await guest.exec('pgrep -u ubuntu -f vllm')).exitCode === 1 ? true : undefined,
      )
      expect(guest.state).toBe('running')
      await said(guest, `rm ${FOLDER}/clock-offset`)
      const again = await labos.start(upArgs('--yes', '--json', ...known()), UP_MS).ended
      expect(JSON.parse(again.stdout.trim().split('\n').at(-1) ?? '')).toMatchObject({ result: { outcome: 'up' } })
      await eventually(async () => (await status()).state === 'serving')
    },
    UP_MS,
  )

  it('is as it was after down, and nothing of it runs', async () => {
    const { exitCode, stdout } = await labos.run('down', NAME, '--json')
    expect(JSON.parse(stdout.trim().split('\n').at(-1) ?? '')).toMatchObject({
      result: { labs: [{ outcome: 'removed', usd: 0 }] },
    })
    expect(exitCode).toBe(0)
    expect(await said(guest, INVENTORY)).toBe(before)
    expect((await guest.exec('pgrep -u ubuntu -f vllm')).exitCode).toBe(1)
    expect(await said(guest, 'find /run/user -name "labos*"')).toBe('')
    expect(JSON.parse((await labos.run('ps', '--json')).stdout)).toEqual({ labs: [] })
  })
})
