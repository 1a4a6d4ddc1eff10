import { copyFile, mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { LocalEngine, EngineInstall } from '../engines/engine.js'
import { venvPython } from '../engines/llama-cpp.js'
import { LabosError } from '../errors/labos-error.js'
import type { CommandResult } from '../ports.js'
import { formatBytes, formatDuration } from '../ui/format.js'
import type { BootstrapDeps } from './deps.js'
import { engineHome, isWhole, MARK, SERVER, type EnginePlaces } from './engine-home.js'
import { diskFull, isDiskFull, tellingLine } from './output.js'
import { pipDownload, type PipDownload } from './pip.js'
import { makeVenv } from './python.js'
import { inStaging, moveIntoPlace } from './staging.js'
import { inStep } from './step.js'

type WheelInstall = Extract<EngineInstall, { kind: 'wheel' }>

/** True when `up` would install nothing. Whether an engine that the user installs is there is asked by `installEngine`. */
export async function isEngineReady(engine: LocalEngine, places: EnginePlaces): Promise<boolean> {
  return engine.install.kind === 'installed' || isWhole(await engineHome(engine, places))
}

/**
 * Installs the engine and resolves to its folder; one that is there is used as it is. Built beside its place and renamed
 * when whole, so a half-made one is never taken for ready and two at once both end well. Throws `engine.install`,
 * `network.download`, `python.missing`, `disk.short`, `state.readonly`, `ollama.missing`.
 */
export async function installEngine(
  engine: LocalEngine,
  places: EnginePlaces,
  deps: BootstrapDeps,
  signal: AbortSignal,
): Promise<string> {
  const { install } = engine
  if (install.kind === 'installed') return findInstalled(install, deps)
  const home = await engineHome(engine, places)
  if (await isWhole(home)) return home
  await inStaging(dirname(home), deps.clock, async (staging) => {
    const draft = join(staging, 'home')
    await mkdir(draft, { mode: 0o700 })
    await makeVenv(
      { dir: join(draft, 'venv'), pythonMin: install.pythonMin, cacheDir: places.cacheDir, platform: platform() },
      deps,
      signal,
    )
    await fill(draft, staging, engine, install, places, deps, signal)
    await moveIntoPlace(draft, home, () => isWhole(home))
  })
  return home
}

const platform = (): string => `${process.platform}-${process.arch}`

async function findInstalled(
  { program, where }: Extract<EngineInstall, { kind: 'installed' }>,
  { machine }: BootstrapDeps,
): Promise<string> {
  const path = await machine.which(program)
  if (path !== undefined) return dirname(path)
  throw new LabosError('ollama.missing', `${program} is not on PATH.`, {
    suggestions: [`Install it: ${where}`, 'Or use the engine that labos installs itself: `--engine llama.cpp`.'],
  })
}

async function fill(
  draft: string,
  staging: string,
  engine: LocalEngine,
  install: WheelInstall,
  { templatesDir }: EnginePlaces,
  deps: BootstrapDeps,
  signal: AbortSignal,
): Promise<void> {
  const what = `${install.package} ${install.version}`
  const python = venvPython(draft, process.platform)
  await inStep('engine', `downloading ${what}`, deps, signal, async () => {
    const sinceMs = deps.clock.monotonicMs()
    const wish = wishOf(install, what, python, staging)
    const [wheel = ''] = await pipDownload(wish, deps, signal)
    const tookMs = deps.clock.monotonicMs() - sinceMs
    const run = (args: readonly string[]): Promise<CommandResult> =>
      deps.machine.run({ argv: [python, '-I', ...args], cwd: staging, onLine: deps.log }, signal)
    const flags = ['--isolated', '--no-index', '--no-deps', '--no-cache-dir', '--disable-pip-version-check']
    check(await run(['-m', 'pip', 'install', ...flags, wheel]), `pip could not install ${what}`, engine, staging)
    check(await run(['-c', `import ${install.package}`]), `${what} does not run here`, engine, staging)
    await copyFile(join(templatesDir, SERVER), join(draft, SERVER))
    await writeFile(join(draft, MARK), JSON.stringify({ package: install.package, version: install.version }))
    return { value: undefined, text: `${what}, ${formatBytes(wish.totalBytes)} in ${formatDuration(tookMs)}` }
  })
}

/** pip picks the wheel of this platform; the pins of all are allowed. */
const wishOf = (install: WheelInstall, what: string, python: string, staging: string): PipDownload => ({
  python,
  requirements: [
    [`${install.package}==${install.version}`, ...install.wheels.map(({ sha256 }) => `--hash=sha256:${sha256}`)].join(
      ' ',
    ),
  ],
  staging,
  totalBytes: install.wheels.find((wheel) => wheel.platform === platform())?.bytes ?? 0,
  step: 'engine',
  what,
})

/** The engine's own log rules know most of what can be wrong with a computer. */
function check(result: CommandResult, failed: string, { logRules }: LocalEngine, folder: string): void {
  if (result.exitCode === 0) return
  const output = `${result.stdout}\n${result.stderr}`
  if (isDiskFull(output)) throw diskFull(failed, folder)
  // 132 = 128 + SIGILL: nothing is printed then.
  const known = logRules.find(({ cause, pattern }) =>
    result.exitCode === 132 ? cause === 'illegal-instruction' : pattern.test(output),
  )
  throw new LabosError('engine.install', `${failed}: ${tellingLine(result)}.`, {
    suggestions: [known?.advice ?? 'Run the same command again.', 'The details: `labos logs setup`.'],
  })
}
