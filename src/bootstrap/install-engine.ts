import { createHash, randomBytes } from 'node:crypto'
import { copyFile, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { venvPython } from '../engines/llama-cpp.js'
import type { Engine, EngineInstall } from '../engines/engine.js'
import { fromFileSystem } from '../errors/from-system.js'
import { LabosError } from '../errors/labos-error.js'
import { formatBytes } from '../ui/format.js'
import type { BootstrapDeps } from './deps.js'
import { pipDownload } from './pip.js'
import { makeVenv } from './python.js'

export interface EnginePlaces {
  readonly cacheDir: string
  /** Folder of the package's files that run on the machine. */
  readonly templatesDir: string
}

type WheelInstall = Extract<EngineInstall, { kind: 'wheel' }>

const SERVER = 'llama_server.py'
const MARK = 'installed.json'

/** Folder of an engine: another version, another pin or another server file is another folder. */
async function engineHome(
  name: string,
  install: WheelInstall,
  { cacheDir, templatesDir }: EnginePlaces,
): Promise<string> {
  const content = JSON.stringify(install) + (await readFile(join(templatesDir, SERVER), 'utf8'))
  return join(cacheDir, 'engines', `${name}-${createHash('sha256').update(content).digest('hex').slice(0, 12)}`)
}

const isInstalled = (home: string): Promise<boolean> =>
  stat(join(home, MARK)).then(
    () => true,
    () => false,
  )

/** True when `up` would install nothing. */
export async function isEngineReady({ name, install }: Engine, places: EnginePlaces): Promise<boolean> {
  return install.kind === 'installed' || isInstalled(await engineHome(name, install, places))
}

/**
 * Installs the engine and resolves to its folder; one that is there is used as it is. Built beside its place and
 * renamed when whole, so a half-made one is never taken for ready and two at once both end well.
 */
export async function installEngine(
  { name, install }: Engine,
  places: EnginePlaces,
  deps: BootstrapDeps,
  signal: AbortSignal,
): Promise<string> {
  if (install.kind === 'installed') return findInstalled(install.program, install.where, deps)
  const home = await engineHome(name, install, places)
  if (await isInstalled(home)) return home
  const draft = `${home}.${randomBytes(4).toString('hex')}`
  try {
    await mkdir(dirname(home), { recursive: true })
    await build(draft, install, places, deps, signal)
    await moveIntoPlace(draft, home)
    return home
  } catch (error) {
    throw fromFileSystem(error, home)
  } finally {
    await rm(draft, { recursive: true, force: true })
  }
}

async function findInstalled(program: string, where: string, { machine }: BootstrapDeps): Promise<string> {
  const path = await machine.which(program)
  if (path !== undefined) return dirname(path)
  throw new LabosError('ollama.missing', `${program} is not on PATH.`, {
    suggestions: [`Install it: ${where}`, 'Or use the engine that labos installs itself: `--engine llama.cpp`.'],
  })
}

async function build(
  draft: string,
  install: WheelInstall,
  { cacheDir, templatesDir }: EnginePlaces,
  deps: BootstrapDeps,
  signal: AbortSignal,
): Promise<void> {
  await makeVenv(join(draft, 'venv'), install.pythonMin, cacheDir, deps, signal)
  const since = deps.clock.monotonicMs()
  const label = `${install.package} ${install.version}`
  const platform = `${process.platform}-${process.arch}`
  const bytes = install.wheels.find((wheel) => wheel.platform === platform)?.bytes ?? 0
  deps.emit({ type: 'start', step: 'engine', text: `downloading ${label}` })
  const python = venvPython(draft, process.platform)
  const sha256 = install.wheels.map((wheel) => wheel.sha256)
  const wheel = await pipDownload(
    {
      python,
      package: install.package,
      version: install.version,
      sha256,
      bytes,
      dir: join(draft, 'wheel'),
      step: 'engine',
      damaged: 'engine.install',
    },
    deps,
    signal,
  )
  await runPython(
    python,
    ['-m', 'pip', 'install', '--no-index', '--no-deps', '--disable-pip-version-check', wheel],
    deps,
    signal,
  )
  await rm(join(draft, 'wheel'), { recursive: true })
  await copyFile(join(templatesDir, SERVER), join(draft, SERVER))
  await runPython(python, ['-I', '-c', `import ${install.package}`], deps, signal)
  await writeFile(join(draft, MARK), JSON.stringify({ package: install.package, version: install.version }))
  deps.emit({
    type: 'done',
    step: 'engine',
    text: `${label}, ${formatBytes(bytes)}`,
    elapsedMs: deps.clock.monotonicMs() - since,
  })
}

async function runPython(
  python: string,
  args: readonly string[],
  deps: BootstrapDeps,
  signal: AbortSignal,
): Promise<void> {
  const { exitCode, stderr } = await deps.machine.run({ argv: [python, ...args], onLine: deps.log }, signal)
  if (exitCode === 0) return
  throw new LabosError(
    'engine.install',
    `The engine could not be installed: ${stderr.trim().split('\n').at(-1) ?? `exit ${String(exitCode)}`}`,
    {
      suggestions: [
        'The details: `labos logs setup`.',
        'On a slim Linux image a system library may be missing: `apt-get install libgomp1`.',
      ],
    },
  )
}

/** Another process may have been quicker: its engine is as good as ours. */
async function moveIntoPlace(draft: string, home: string): Promise<void> {
  try {
    await rename(draft, home)
  } catch (error) {
    if (!(await isInstalled(home))) throw error
  }
}
