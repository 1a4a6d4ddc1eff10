import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { BootstrapDeps } from '../../../src/bootstrap/deps.js'
import { makeVenv } from '../../../src/bootstrap/python.js'
import { LabosError } from '../../../src/errors/labos-error.js'
import { bootstrapBench, type BootstrapBench } from '../../fakes/bootstrap.js'
import { fakeMachine, type FakeMachine, type Script } from '../../fakes/machine.js'
import { tempDir } from '../../fakes/temp-dir.js'

const tells = (version: string, implementation = 'cpython', bits = 64): Script => ({
  stdout: `${implementation} ${version} ${String(bits)}\n`,
})
const DEBIAN =
  'The virtual environment was not created successfully because ensurepip is not\navailable.  On Debian/Ubuntu systems, you need to install the python3-venv package'
const DEAD_INDEX = 'error: Failed to install seed packages\n  cause: client error (Connect)\n  cause: tcp connect error'

interface Computer {
  readonly programs?: Record<string, string>
  readonly rules?: readonly (readonly [RegExp, Script])[]
  readonly platform?: string
  readonly deps?: Partial<BootstrapDeps>
  /** A uv that labos installed before. */
  readonly ownUv?: boolean
}

async function make(
  computer: Computer,
): Promise<BootstrapBench & { machine: FakeMachine; error?: unknown; cacheDir: string; dir: string }> {
  const cacheDir = tempDir()
  const dir = join(cacheDir, 'venv')
  if (computer.ownUv) placeUv(cacheDir)
  const machine = fakeMachine(computer.programs ?? {}, computer.rules ?? [])
  const bench = bootstrapBench({ machine, ...computer.deps })
  const wish = { dir, pythonMin: [3, 10] as const, cacheDir, platform: computer.platform ?? 'linux-x64' }
  const error: unknown = await makeVenv(wish, bench.deps, new AbortController().signal).catch(
    (reason: unknown) => reason,
  )
  return { ...bench, machine, cacheDir, dir, error }
}

function placeUv(cacheDir: string): void {
  mkdirSync(join(cacheDir, 'uv'), { recursive: true })
  writeFileSync(join(cacheDir, 'uv', 'uv'), '')
  chmodSync(join(cacheDir, 'uv', 'uv'), 0o755)
}

describe('makeVenv', () => {
  it('takes the uv on PATH first', async () => {
    const { machine, dir, error, of } = await make({
      programs: { uv: '/usr/bin/uv', python3: '/usr/bin/python3' },
      rules: [[/uv venv/, { stderr: 'Using CPython 3.12.4 interpreter at: /usr/bin/python3\n' }]],
    })
    expect(error).toBeUndefined()
    expect(machine.ran).toEqual([`/usr/bin/uv venv --no-project --seed --python >=3.10 ${dir}`])
    expect(of('done')).toMatchObject([{ step: 'python', text: 'Python 3.12 by uv' }])
  })

  it('gives uv the index that is set for pip', async () => {
    const { machine } = await make({
      programs: { uv: 'uv' },
      rules: [[/uv venv/, {}]],
      deps: { env: { PIP_INDEX_URL: 'https://mirror.test/simple' } },
    })
    expect(machine.commands[0]?.env).toEqual({ UV_DEFAULT_INDEX: 'https://mirror.test/simple' })
  })

  it('finds the uv that it installed before, whose fetched things stay in the cache folder', async () => {
    const { machine, cacheDir } = await make({ ownUv: true, rules: [[/uv venv/, {}]] })
    expect(machine.commands[0]?.argv[0]).toBe(join(cacheDir, 'uv', 'uv'))
    expect(machine.commands[0]?.env).toEqual({
      UV_PYTHON_INSTALL_DIR: join(cacheDir, 'uv', 'python'),
      UV_CACHE_DIR: join(cacheDir, 'uv', 'cache'),
    })
  })

  it('goes on to a system Python when uv cannot', async () => {
    const { error, of } = await make({
      programs: { uv: 'uv', python3: '/usr/bin/python3' },
      rules: [
        [/uv venv/, { exitCode: 2, stderr: DEAD_INDEX }],
        [/ -c /, tells('3.11')],
        [/-m venv/, {}],
      ],
    })
    expect(error).toBeUndefined()
    expect(of('done')).toMatchObject([{ text: 'Python 3.11, /usr/bin/python3' }])
  })

  it('passes over a Python that is too old and takes the next', async () => {
    const { of } = await make({
      programs: { python3: '/usr/bin/python3', python: '/opt/bin/python' },
      rules: [
        [/usr.*-c/, tells('3.9')],
        [/opt.*-c/, tells('3.13')],
        [/opt.*-m venv/, {}],
      ],
    })
    expect(of('done')).toMatchObject([{ text: 'Python 3.13, /opt/bin/python' }])
  })

  it('asks the launcher on Windows', async () => {
    const { machine } = await make({
      platform: 'win32-x64',
      programs: { py: 'C:\\Windows\\py.exe' },
      rules: [
        [/ -c /, tells('3.12')],
        [/-3 -I -m venv/, {}],
      ],
    })
    expect(machine.commands.at(-1)?.argv.slice(0, 5)).toEqual(['C:\\Windows\\py.exe', '-3', '-I', '-m', 'venv'])
  })

  it('does not touch the stub of macOS, which would open a dialog', async () => {
    const { machine, error } = await make({
      platform: 'darwin-arm64',
      programs: { python3: '/usr/bin/python3' },
      rules: [[/xcode-select -p/, { exitCode: 2 }]],
    })
    expect(machine.ran).toEqual(['/usr/bin/xcode-select -p'])
    expect(error).toMatchObject({ code: 'python.missing' })
  })

  it('names the package that Debian leaves out', async () => {
    const { error, dir, of } = await make({
      programs: { python3: '/usr/bin/python3' },
      rules: [
        [/ -c /, tells('3.11')],
        [/-m venv/, ({ argv }) => (mkdirSync(argv.at(-1) ?? ''), { exitCode: 1, stdout: DEBIAN })],
      ],
    })
    expect(error).toMatchObject({
      code: 'python.missing',
      message:
        'The engine needs Python 3.10 or newer, and there is no uv: /usr/bin/python3 (Python 3.11) lacks its venv part.',
    })
    expect(asLabosError(error).suggestions[0]).toBe('Add the missing part: `apt-get install python3-venv`.')
    expect(existsSync(dir)).toBe(false)
    expect(of('failed')).toMatchObject([{ step: 'python', error: { code: 'python.missing' } }])
  })

  it.each([
    ['nothing at all', {}, [], 'no Python was found'],
    ['PyPy', { python: '/p' }, [[/ -c /, tells('3.10', 'pypy')]], '/p is pypy 3.10, 64-bit'],
    ['32 bits', { python: '/p' }, [[/ -c /, tells('3.12', 'cpython', 32)]], '/p is cpython 3.12, 32-bit'],
    ['the stub of the Windows store', { python: '/p' }, [[/ -c /, { exitCode: 9009 }]], '/p is no working Python'],
    [
      'Python 2',
      { python: '/p' },
      [[/ -c /, { exitCode: 1, stderr: 'no attribute implementation' }]],
      '/p is no working Python',
    ],
  ] as [string, Record<string, string>, [RegExp, Script][], string][])(
    'says what it found: %s',
    async (_, programs, rules, found) => {
      const { error } = await make({ programs, rules })
      expect(error).toMatchObject({ code: 'python.missing' })
      expect(asLabosError(error).message).toContain(found)
      expect(asLabosError(error).suggestions.join(' ')).toMatch(/uv.*python\.org/)
    },
  )

  it('says that uv could not reach its index when that was the only way', async () => {
    const { error } = await make({ programs: { uv: 'uv' }, rules: [[/uv venv/, { exitCode: 2, stderr: DEAD_INDEX }]] })
    expect(error).toMatchObject({ code: 'network.download' })
    expect(asLabosError(error).message).toContain('Failed to install seed packages')
  })

  it('stops at a full disk instead of trying on', async () => {
    const { error, machine } = await make({
      programs: { python3: '/a', python: '/b' },
      rules: [
        [/ -c /, tells('3.11')],
        [/-m venv/, { exitCode: 1, stderr: 'OSError: [Errno 28] No space left on device' }],
      ],
    })
    expect(error).toMatchObject({ code: 'disk.short' })
    expect(machine.ran.filter((line) => line.includes('-m venv'))).toHaveLength(1)
  })

  it('writes what the programs say to the log', async () => {
    const { lines } = await make({ programs: { uv: 'uv' }, rules: [[/uv venv/, { stderr: 'Using CPython 3.12.4\n' }]] })
    expect(lines).toEqual(['Using CPython 3.12.4'])
  })
})

describe('the offer of uv', () => {
  const script = '#!/bin/sh\n'
  const answer =
    (status: number): BootstrapDeps['fetch'] =>
    () =>
      Promise.resolve(new Response(script, { status }))

  it('is not made where something else does', async () => {
    const offerUv = (): never => {
      throw new Error('asked')
    }
    const { error } = await make({ programs: { uv: 'uv' }, rules: [[/uv venv/, {}]], deps: { offerUv } })
    expect(error).toBeUndefined()
  })

  it('taken, installs uv inside the cache folder only, and uses it', async () => {
    const asked: string[] = []
    const { error, machine, cacheDir } = await make({
      rules: [
        [/^sh /, ({ env }) => (placeUv(join(env?.['UV_INSTALL_DIR'] ?? '', '..')), {})],
        [/uv venv/, {}],
      ],
      deps: {
        offerUv: () => Promise.resolve(true),
        fetch: (url) => (asked.push(url instanceof Request ? url.url : String(url)), answer(200)(url)),
      },
    })
    expect(error).toBeUndefined()
    expect(asked).toEqual(['https://astral.sh/uv/install.sh'])
    expect(machine.commands[0]?.env).toEqual({
      UV_UNMANAGED_INSTALL: join(cacheDir, 'uv'),
      UV_INSTALL_DIR: join(cacheDir, 'uv'),
      UV_NO_MODIFY_PATH: '1',
    })
    expect(machine.ran[1]).toContain(join(cacheDir, 'uv', 'uv venv'))
    expect(existsSync(machine.commands[0]?.argv[1] ?? '')).toBe(false)
  })

  it('declined, leads to the error with both ways out', async () => {
    const { error } = await make({ deps: { offerUv: () => Promise.resolve(false) } })
    expect(error).toMatchObject({ code: 'python.missing' })
  })

  it.each([
    ['the download is refused', answer(503), {}, 'it answered 503'],
    ['the network is gone', () => Promise.reject(new Error('fetch failed')), {}, 'fetch failed'],
    [
      'the installer fails',
      answer(200),
      { exitCode: 1, stderr: 'error: unsupported platform' },
      'unsupported platform',
    ],
  ] as [string, BootstrapDeps['fetch'], Script, string][])(
    'ends in network.download when %s',
    async (_, fetch, sh, why) => {
      const { error } = await make({ rules: [[/^sh /, sh]], deps: { fetch, offerUv: () => Promise.resolve(true) } })
      expect(error).toMatchObject({ code: 'network.download' })
      expect(asLabosError(error).message).toContain(why)
    },
  )
})

function asLabosError(error: unknown): LabosError {
  if (error instanceof LabosError) return error
  throw new Error(`not a LabosError: ${String(error)}`)
}
