/** Bad input and bad moments, with the built CLI: one clear error each, nothing lost, nothing left. */
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { testCacheDir } from '../setup/test-cache.js'
import { cli, eventually, runs, type Cli } from '../fakes/cli.js'

const clis: Cli[] = []
const fresh = (): Cli => {
  const made = cli()
  clis.push(made)
  return made
}
afterAll(() => Promise.all(clis.map((made) => made.close())))

describe('bad input is refused before anything is made', () => {
  const labos = fresh()
  const cases: [string, string[], number, RegExp][] = [
    [
      'unknown model',
      ['up', 'smolm2', '--yes'],
      2,
      /model\.unknown {2}There is no model "smolm2"[\s\S]*Did you mean smollm2/,
    ],
    ['a name that leaves the folder', ['up', 'smollm2', '--yes', '--name', '../x'], 2, /usage\.name/],
    ['an empty lease', ['up', 'smollm2', '--ttl', '0m'], 2, /usage\.value {2}--ttl: "0m" is not a length of time/],
    ['an endless lease', ['up', 'smollm2', '--idle', '1000000d'], 2, /usage\.value/],
    ['a negative length', ['up', 'smollm2', '--ttl', '-5m'], 2, /usage\./],
    ['a port that is none', ['up', 'smollm2', '--port', '70000'], 2, /usage\.flags/],
    [
      'a context beyond the model',
      ['up', 'smollm2', '--yes', '--context', '9000'],
      2,
      /more than smollm2 was made for \(8192 tokens\)/,
    ],
    ['an unknown flag', ['up', 'smollm2', '--prot', '1'], 2, /usage\.flags[\s\S]*--prot/],
    ['an unknown command', ['upp'], 2, /upp/],
    ['no model and no terminal', ['up'], 4, /input\.needed[\s\S]*labos up smollm2/],
    ['no yes and no terminal', ['up', 'smollm2', '--port', '0'], 4, /input\.needed[\s\S]*--yes/],
    ['an unknown lab', ['down', 'nothing'], 2, /lab\.unknown/],
    ['a talk with no lab', ['chat', 'Hi'], 2, /lab\.unknown[\s\S]*labos up smollm2/],
    [
      'a file that is not there',
      ['complete', 'nowhere.py', '--line', '1'],
      2,
      /usage\.file {2}nowhere\.py cannot be read \(ENOENT\)/,
    ],
    ['an unknown setting', ['config', 'set', 'prot', '1'], 2, /Did you mean port/],
    ['a setting that cannot be', ['config', 'set', 'port', 'many'], 2, /whole number from 0 to 65535/],
  ]
  it.each(cases)('%s', async (_, args, exit, text) => {
    const { exitCode, stdout, stderr } = await labos.run(args)
    expect(stderr).toMatch(text)
    expect(stderr).toMatch(new RegExp(`exit ${String(exit)}\n$`))
    expect([exitCode, stdout]).toEqual([exit, ''])
    expect(existsSync(join(labos.home, 'labos', 'labs', 'smollm2'))).toBe(false)
  })

  it('shows help and exits 4 where nothing is asked for and nobody can be asked', async () => {
    const { exitCode, stdout } = await labos.run([])
    expect(exitCode).toBe(4)
    expect(stdout).toBe((await labos.run(['--help'])).stdout)
  })

  it('puts errors on stdout as one JSON object with --json', async () => {
    const { exitCode, stdout } = await labos.run(['down', 'nothing', '--json'])
    expect(JSON.parse(stdout)).toMatchObject({
      type: 'error',
      error: { code: 'lab.unknown', exit: 2, docs: 'docs/errors.md#lab-unknown' },
    })
    expect(exitCode).toBe(2)
  })
})

describe('settings', () => {
  it('come from config.yaml, then the environment, then flags', async () => {
    const labos = fresh()
    const contextOf = async (args: string[], env: NodeJS.ProcessEnv = {}): Promise<number> => {
      const { stdout } = await labos.run(['up', 'smollm2', '--dry-run', '--json', '--port', '0', ...args], { env })
      return (JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as { result: { contextTokens: number } }).result
        .contextTokens
    }
    expect((await labos.run(['config', 'set', 'context', '1024'])).exitCode).toBe(0)
    expect(await contextOf([])).toBe(1024)
    expect(await contextOf([], { LABOS_CONTEXT: '2048' })).toBe(2048)
    expect(await contextOf(['--context', '4096'], { LABOS_CONTEXT: '2048' })).toBe(4096)
    expect((await labos.run(['config'])).stdout).toMatch(/context +1024 +config\.yaml/)
    await labos.run(['config', 'unset', 'context'])
    expect(await contextOf([])).toBe(8192)
  })

  it('that do not parse stop every command with the file’s name', async () => {
    const labos = fresh()
    mkdirSync(join(labos.home, 'labos'), { recursive: true })
    writeFileSync(join(labos.home, 'labos', 'config.yaml'), 'prot: 1\n')
    const { exitCode, stderr } = await labos.run(['up', 'smollm2', '--yes'])
    expect([exitCode, stderr]).toEqual([
      2,
      expect.stringMatching(/usage\.config {2}.*config\.yaml: There is no setting "prot"/),
    ])
  })

  it('that do not parse can be mended with the command that the error names', async () => {
    const labos = fresh()
    mkdirSync(join(labos.home, 'labos'), { recursive: true })
    writeFileSync(join(labos.home, 'labos', 'config.yaml'), 'prot: 1\n# mine\nttl: 2h\n')
    expect((await labos.run(['config', 'unset', 'prot'])).exitCode).toBe(0)
    expect(readFileSync(join(labos.home, 'labos', 'config.yaml'), 'utf8')).toBe('# mine\nttl: 2h\n')
    expect((await labos.run(['config'])).stdout).toMatch(/ttl +2h +config\.yaml/)
  })
})

describe('a port that is taken', () => {
  it('is named with its holder when it was asked for, and passed by when it was not', async () => {
    const labos = fresh()
    const holder = createServer()
    await new Promise<void>((resolve) => holder.listen(0, '127.0.0.1', resolve))
    const { port } = holder.address() as AddressInfo
    try {
      const { exitCode, stderr } = await labos.run(['up', 'smollm2', '--yes', '--port', String(port)])
      expect(exitCode).toBe(3)
      expect(stderr).toMatch(
        new RegExp(`port\\.taken {2}Port ${String(port)} is in use by .+ \\(pid ${String(process.pid)}\\)`),
      )
      expect(stderr).toMatch(/--port \d+[\s\S]*--port 0/)
    } finally {
      holder.close()
    }
  })
})

describe('a record that does not parse', () => {
  it('is refused, never overwritten, and can be given up', async () => {
    const labos = fresh()
    const dir = join(labos.home, 'labos', 'labs', 'smollm2')
    mkdirSync(dir, { recursive: true })
    writeFileSync(join(dir, 'lab.json'), '{"version": 1, "name": ')
    for (const args of [['up', 'smollm2', '--yes'], ['down', 'smollm2'], ['env']]) {
      const { exitCode, stderr } = await labos.run(args)
      expect([exitCode, stderr]).toEqual([3, expect.stringContaining('lab.json cannot be read: it is not JSON')])
    }
    expect((await labos.run(['ps'])).stdout).toMatch(/smollm2 +damaged/)
    expect(readFileSync(join(dir, 'lab.json'), 'utf8')).toBe('{"version": 1, "name": ')
    const forced = await labos.run(['down', 'smollm2', '--force'])
    expect(forced.exitCode).toBe(0)
    const aside = readdirSync(join(dir, '..')).find((file) => file.startsWith('.smollm2.damaged'))
    expect(readFileSync(join(dir, '..', aside ?? ''), 'utf8')).toBe('{"version": 1, "name": ')
  })
})

describe('a state folder that cannot be written', () => {
  it('is said with its path', async () => {
    const labos = fresh()
    const { exitCode, stderr } = await labos.run(['up', 'smollm2', '--yes', '--port', '0'], {
      env: { LABOS_HOME: '/dev/null/labos' },
    })
    expect(exitCode).toBe(3)
    expect(stderr).toMatch(/state\.readonly {2}Cannot write \/dev\/null\/labos.*LABOS_HOME/s)
  })
})

describe('a network that is not there', () => {
  it('is said with what could not be downloaded; nothing half-made stays', async () => {
    const labos = fresh()
    const cache = join(labos.home, 'cache')
    const env = {
      LABOS_CACHE: cache,
      PIP_INDEX_URL: 'http://127.0.0.1:1/simple',
      PIP_FIND_LINKS: '',
      PIP_RETRIES: '0',
      UV_OFFLINE: '1',
    }
    const { exitCode, stderr } = await labos.run(['up', 'smollm2', '--yes', '--port', '0'], { env })
    expect(exitCode).toBe(3)
    expect(stderr).toMatch(
      /network\.download {2}Downloading xllamacpp 2026\.10\.11549 from the Python package index failed/,
    )
    expect(stderr).toContain('PIP_INDEX_URL')
    expect(readdirSync(join(cache, 'engines'))).toEqual([])
  })
})

describe('up at bad moments', () => {
  it('cleans up after Ctrl-C: no process, no lab, exit 130', async () => {
    const labos = fresh()
    const up = labos.start(['up', 'smollm2', '--yes', '--port', '0'])
    await up.says(/serving: loading/)
    const { pid } = labos.keeper('smollm2')
    up.child.kill('SIGINT')
    const { exitCode, stderr } = await up.ended
    expect(exitCode).toBe(130)
    expect(stderr).toContain('Nothing of it runs, the lab is removed')
    expect(runs(pid)).toBe(false)
    expect((await labos.run(['ps'])).stdout).toContain('No labs')
  })

  it('can be killed and run again: it goes on where it stopped', async () => {
    const labos = fresh()
    const up = labos.start(['up', 'smollm2', '--yes', '--port', '0'])
    await up.says(/serving: loading/)
    up.child.kill('SIGKILL')
    await up.ended
    const { pid } = labos.keeper('smollm2')
    const again = await labos.run(['up', 'smollm2', '--yes'])
    expect(again.exitCode).toBe(0)
    expect(labos.keeper('smollm2').pid).toBe(pid)
    expect((await labos.run(['down'])).exitCode).toBe(0)
    expect(runs(pid)).toBe(false)
  })

  it('waits for another up on the same lab, then finds it up', async () => {
    const labos = fresh()
    const first = labos.start(['up', 'smollm2', '--yes', '--port', '0'])
    await first.says(/endpoint: opening/)
    first.child.kill('SIGSTOP') // so that it is not done before the second begins
    const second = labos.start(['up', 'smollm2', '--yes'])
    await second.says(/`labos up smollm2` \(pid \d+\) is working on "smollm2"; waiting for it/)
    first.child.kill('SIGCONT')
    expect((await second.ended).stdout).toContain('smollm2 is already up')
    expect((await first.ended).exitCode).toBe(0)
  })

  it('is ended by a down that comes meanwhile', async () => {
    const labos = fresh()
    const up = labos.start(['up', 'smollm2', '--yes', '--port', '0'])
    await up.says(/serving: loading/)
    up.child.kill('SIGSTOP') // so that it is not done before the other begins
    const down = labos.start(['down', 'smollm2'])
    await down.says(/stopping `labos up smollm2`/)
    up.child.kill('SIGCONT')
    expect((await down.ended).exitCode).toBe(0)
    expect((await up.ended).exitCode).toBe(130)
    expect((await labos.run(['ps'])).stdout).toContain('No labs')
  })

  it('gives up at its deadline with exit 124', async () => {
    const labos = fresh()
    const { exitCode, stderr } = await labos.run(['up', 'smollm2', '--yes', '--port', '0', '--timeout', '0.3s'])
    expect([exitCode, stderr]).toEqual([124, expect.stringContaining('deadline.passed')])
    expect((await labos.run(['ps'])).stdout).not.toContain('serving')
  })
})

describe('weights that are damaged', () => {
  const labos = fresh()
  const env = { LABOS_CACHE: join(labos.home, 'cache') }
  const weights = join(labos.home, 'cache', 'models', 'SmolLM2-135M-Instruct.Q4_1.gguf')

  it('are noticed and fetched again', async () => {
    for (const part of ['engines', 'models'])
      cpSync(join(testCacheDir(), part), join(env.LABOS_CACHE, part), { recursive: true })
    writeFileSync(weights, 'this is not a model')
    const { exitCode, stderr } = await labos.run(['up', 'smollm2', '--yes', '--port', '0'], { env })
    expect(exitCode).toBe(0)
    expect(stderr).toContain('does not match its checksum; it is fetched again')
    expect(statSync(weights).size).toBe(98_362_432)
    await labos.run(['down'], { env })
  })

  it('that pass the check but do not load are named as the cause; nothing runs, the log stays', async () => {
    const pinned = (JSON.parse(readFileSync(`${weights}.checked`, 'utf8')) as { sha256: string }).sha256
    writeFileSync(weights, 'this is not a model')
    const { size, mtimeMs } = statSync(weights)
    writeFileSync(`${weights}.checked`, JSON.stringify({ size, mtimeMs, sha256: pinned }))
    const { exitCode, stderr } = await labos.run(['up', 'smollm2', '--yes', '--port', '0'], { env })
    expect(stderr).toMatch(/serving\.failed {2}llama\.cpp does not serve smollm2: weights-damaged/)
    expect(stderr).toContain('Nothing of it runs. Its logs are kept')
    expect(exitCode).toBe(7)
    expect((await labos.run(['ps'], { env })).stdout).toMatch(/smollm2 +failed/)
    expect((await labos.run(['logs'], { env })).stdout).toMatch(/magic/)
  })
})

describe('a lease', () => {
  it('ends the lab by itself, and that is what is said of it', async () => {
    const labos = fresh()
    expect((await labos.run(['up', 'smollm2', '--yes', '--port', '0', '--idle', '8s'])).exitCode).toBe(0)
    const { pid, engine } = labos.keeper('smollm2')
    await eventually(() => !runs(pid) && !runs(engine?.pid ?? 0))
    expect((await labos.run(['status'])).stdout).toMatch(/state +ended: nothing was asked for [\d.]+ s \(--idle\)/)
    expect((await labos.run(['up', 'smollm2', '--yes', '--idle', '8s'])).exitCode).toBe(0)
  })
})

describe('purge', () => {
  it('removes engine and weights that no other lab uses, and nothing else', async () => {
    const labos = fresh()
    const cache = join(labos.home, 'cache')
    const env = { LABOS_CACHE: cache }
    expect((await labos.run(['up', 'smollm2', '--yes', '--port', '0'], { env })).exitCode).toBe(0)
    expect((await labos.run(['up', 'smollm2', '--yes', '--port', '0', '--name', 'second'], { env })).exitCode).toBe(0)
    await labos.run(['down', 'second', '--purge'], { env })
    expect(readdirSync(join(cache, 'models')).length).toBeGreaterThan(0)
    await labos.run(['down', 'smollm2', '--purge'], { env })
    expect([readdirSync(join(cache, 'models')), readdirSync(join(cache, 'engines'))]).toEqual([[], []])
  })
})
