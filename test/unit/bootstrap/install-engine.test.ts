import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { engineHome } from '../../../src/bootstrap/engine-home.js'
import { installEngine, isEngineReady } from '../../../src/bootstrap/install-engine.js'
import { llamaCpp, venvPython } from '../../../src/engines/llama-cpp.js'
import { ollama } from '../../../src/engines/ollama.js'
import { bootstrapBench, hurriedClock, type BootstrapBench } from '../../fakes/bootstrap.js'
import { fakeMachine, never, type FakeMachine, type Script } from '../../fakes/machine.js'
import { tempDir } from '../../fakes/temp-dir.js'

const makesVenv: Script = ({ argv }) => {
  const python = venvPython(dirname(argv.at(-1) ?? ''), process.platform)
  mkdirSync(dirname(python), { recursive: true })
  writeFileSync(python, '')
  return { stderr: 'Using CPython 3.12.4\n' }
}
const downloads: Script = ({ argv }) => {
  writeFileSync(join(argv[argv.indexOf('-d') + 1] ?? '', 'xllamacpp.whl'), 'wheel')
  return {}
}

interface Scene extends BootstrapBench {
  readonly machine: FakeMachine
  readonly places: { readonly cacheDir: string; readonly templatesDir: string }
  install(signal?: AbortSignal): Promise<string>
  left(): string[]
}

function scene(changes: readonly (readonly [RegExp, Script])[] = [], cacheDir = tempDir()): Scene {
  const templatesDir = tempDir()
  writeFileSync(join(templatesDir, 'llama_server.py'), 'print()')
  const machine = fakeMachine({ uv: 'uv' }, [
    ...changes,
    [/uv venv/, makesVenv],
    [/pip download/, downloads],
    [/pip install/, {}],
    [/import xllamacpp/, {}],
  ])
  const bench = bootstrapBench({ machine, clock: hurriedClock() })
  const places = { cacheDir, templatesDir }
  const install = (signal = new AbortController().signal): Promise<string> =>
    installEngine(llamaCpp, places, bench.deps, signal)
  const left = (): string[] => (existsSync(join(cacheDir, 'engines')) ? readdirSync(join(cacheDir, 'engines')) : [])
  return { ...bench, machine, places, install, left }
}

describe('installEngine', () => {
  it('builds it beside its place, checks that it runs, and gives it its name', async () => {
    const at = scene()
    const home = await at.install()
    expect(home).toBe(await engineHome(llamaCpp, at.places))
    expect(at.left()).toEqual([basename(home)])
    expect(readdirSync(home).sort()).toEqual(['installed.json', 'llama_server.py', 'venv'])
    expect(readFileSync(join(home, 'llama_server.py'), 'utf8')).toBe('print()')
    expect(at.machine.ran.map((line) => /venv --|pip \w+|import \w+/.exec(line)?.[0])).toEqual([
      'venv --',
      'pip download',
      'pip install',
      'import xllamacpp',
    ])
    expect(at.machine.ran[2]).toContain('-I -m pip install --isolated --no-index --no-deps')
    expect(at.of('start').map(({ step }) => step)).toEqual(['python', 'engine'])
    expect(at.of('done').at(-1)?.text).toMatch(/^xllamacpp 2026\.10\.11549, [\d.]+ MB in [\d.]+ s$/)
    expect(await isEngineReady(llamaCpp, at.places)).toBe(true)
  })

  it('pins the wheel of every platform', async () => {
    const at = scene([
      [
        /pip download/,
        (command, signal) => {
          const asked = readFileSync(command.argv[command.argv.indexOf('-r') + 1] ?? '', 'utf8')
          expect(asked).toMatch(/^xllamacpp==2026\.10\.11549( --hash=sha256:[0-9a-f]{64}){5}\n$/)
          return typeof downloads === 'function' ? downloads(command, signal) : downloads
        },
      ],
    ])
    await at.install()
  })

  it('does nothing the second time', async () => {
    const at = scene()
    const home = await at.install()
    const before = at.machine.ran.length
    expect(await at.install()).toBe(home)
    expect(at.machine.ran).toHaveLength(before)
  })

  it('has another home for another server file', async () => {
    const at = scene()
    const before = await engineHome(llamaCpp, at.places)
    writeFileSync(join(at.places.templatesDir, 'llama_server.py'), 'print(2)')
    expect(await engineHome(llamaCpp, at.places)).not.toBe(before)
    expect(await engineHome(llamaCpp, at.places)).toMatch(/llama\.cpp-[0-9a-f]{12}$/)
  })

  it('builds anew when its Python went away', async () => {
    const at = scene()
    const home = await at.install()
    rmSync(venvPython(home, process.platform))
    expect(await isEngineReady(llamaCpp, at.places)).toBe(false)
    expect(await at.install()).toBe(home)
    expect(await isEngineReady(llamaCpp, at.places)).toBe(true)
    expect(at.left()).toEqual([basename(home)])
  })

  it('takes the place of a half-made one', async () => {
    const at = scene()
    const home = await engineHome(llamaCpp, at.places)
    mkdirSync(join(home, 'venv'), { recursive: true })
    await at.install()
    expect(await isEngineReady(llamaCpp, at.places)).toBe(true)
    expect(at.left()).toEqual([basename(home)])
  })

  it('ends well for two at once', async () => {
    const cacheDir = tempDir()
    const [one, two] = [scene([], cacheDir), scene([], cacheDir)]
    const homes = await Promise.all([one.install(), two.install()])
    expect(new Set(homes).size).toBe(1)
    expect(one.left()).toEqual([basename(homes[0])])
  })

  it.each([
    [
      /pip install/,
      { exitCode: 1, stderr: 'ERROR: xllamacpp.whl is not a supported wheel' },
      'engine.install',
      'not a supported wheel',
    ],
    [
      /import/,
      { exitCode: 1, stderr: 'ImportError: libgomp.so.1: cannot open shared object file' },
      'engine.install',
      'libgomp1',
    ],
    [/import/, { exitCode: 132 }, 'engine.install', 'AVX2'],
    [/import/, { exitCode: 139 }, 'engine.install', 'exit 139'],
    [/pip install/, { exitCode: 1, stderr: '[Errno 28] No space left on device' }, 'disk.short', 'LABOS_CACHE'],
    [
      /pip download/,
      { exitCode: 1, stderr: 'NewConnectionError: Connection refused' },
      'network.download',
      'HTTPS_PROXY',
    ],
  ] as [RegExp, Script, string, string][])(
    'leaves nothing when %s ends with %j',
    async (pattern, result, code, says) => {
      const at = scene([[pattern, result]])
      const error: unknown = await at.install().catch((reason: unknown) => reason)
      expect(error).toMatchObject({ code })
      expect(JSON.stringify(error)).toContain(says)
      expect(at.left()).toEqual([])
      expect(at.of('failed')).toMatchObject([{ step: 'engine', error: { code } }])
    },
  )

  it('leaves nothing when aborted, and speaks of no failure', async () => {
    const stop = new AbortController()
    const at = scene([[/pip install/, (command, signal) => (stop.abort(new Error('enough')), ended(command, signal))]])
    await expect(at.install(stop.signal)).rejects.toThrow('enough')
    expect(at.left()).toEqual([])
    expect(at.of('failed')).toEqual([])
  })

  it('says that the cache folder cannot be written', async () => {
    const file = join(tempDir(), 'file')
    writeFileSync(file, '')
    await expect(scene([], file).install()).rejects.toMatchObject({ code: 'state.readonly' })
  })
})

describe('an engine that the user installs', () => {
  it('is found on PATH', async () => {
    const { deps } = bootstrapBench({ machine: fakeMachine({ ollama: '/usr/local/bin/ollama' }, []) })
    const places = { cacheDir: '/nowhere', templatesDir: '/nowhere' }
    expect(await installEngine(ollama, places, deps, new AbortController().signal)).toBe('/usr/local/bin')
    expect(await isEngineReady(ollama, places)).toBe(true)
  })

  it('is asked for where it is missing, with its address', async () => {
    const { deps } = bootstrapBench()
    const places = { cacheDir: '/nowhere', templatesDir: '/nowhere' }
    await expect(installEngine(ollama, places, deps, new AbortController().signal)).rejects.toMatchObject({
      code: 'ollama.missing',
      suggestions: expect.arrayContaining([expect.stringContaining('https://ollama.com/download')]) as string[],
    })
  })
})

/** A program that is ended by the abort that already happened. */
const ended: Extract<Script, (...args: never[]) => unknown> = (command, signal) =>
  signal?.aborted
    ? Promise.reject(signal.reason as Error)
    : typeof never === 'function'
      ? never(command, signal)
      : never
