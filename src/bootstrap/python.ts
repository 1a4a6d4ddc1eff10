/** A virtual environment with pip in it, by whatever this computer has for making one. */
import { rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { LabosError } from '../errors/labos-error.js'
import type { CommandResult } from '../ports.js'
import type { BootstrapDeps } from './deps.js'
import { diskFull, isDiskFull, tellingLine } from './output.js'
import { NETWORK } from './pip-failure.js'
import { inStep } from './step.js'
import { findPythons, type FoundPython } from './system-python.js'
import { findUv, installUv, uvVenv, type Uv } from './uv.js'

export interface VenvWish {
  /** Folder to make; its parent exists. */
  readonly dir: string
  readonly pythonMin: readonly [number, number]
  readonly cacheDir: string
  /** As Node names it: `linux-x64`. */
  readonly platform: string
}

/** Which way a try went wrong, in a sentence; collected, because the last way's failure is not the whole story. */
interface Problems {
  readonly said: string[]
  needsVenvPackage: boolean
  network: boolean
}

/**
 * By uv where there is one, else by a Python that is new enough, else by uv's official installer if the user says yes.
 * Throws `python.missing` naming every way out, `network.download` or `disk.short`.
 */
export async function makeVenv(wish: VenvWish, deps: BootstrapDeps, signal: AbortSignal): Promise<void> {
  await inStep('python', 'making a Python environment', deps, signal, async () => {
    const problems: Problems = { said: [], needsVenvPackage: false, network: false }
    const text =
      (await byUv(wish, problems, deps, signal)) ??
      (await bySystemPython(wish, problems, deps, signal)) ??
      (await byOfferedUv(wish, problems, deps, signal))
    if (text === undefined) throw missing(wish, problems)
    return { value: undefined, text }
  })
}

type Way = (wish: VenvWish, problems: Problems, deps: BootstrapDeps, signal: AbortSignal) => Promise<string | undefined>

const byUv: Way = async (wish, problems, deps, signal) => {
  const uv = await findUv(wish.cacheDir, isWindows(wish), deps)
  return uv && (await tryUv(uv, wish, problems, deps, signal))
}

async function tryUv(
  uv: Uv,
  wish: VenvWish,
  problems: Problems,
  deps: BootstrapDeps,
  signal: AbortSignal,
): Promise<string | undefined> {
  const result = await uvVenv(uv, wish.dir, wish.pythonMin, deps, signal)
  if (result.exitCode === 0)
    return `Python ${/CPython (\d+\.\d+)/.exec(result.stderr)?.[1] ?? ''} by uv`.replace('  ', ' ')
  await clean(wish, result)
  if (NETWORK.test(result.stderr)) problems.network = true
  problems.said.push(`uv could not make an environment (${tellingLine(result)})`)
  return undefined
}

const bySystemPython: Way = async (wish, problems, deps, signal) => {
  const { fit, unfit } = await findPythons(wish.pythonMin, wish.platform, deps, signal)
  problems.said.push(...unfit)
  for (const python of fit) {
    const result = await deps.machine.run(
      { argv: [...python.argv, '-I', '-m', 'venv', wish.dir], cwd: dirname(wish.dir), onLine: deps.log },
      signal,
    )
    if (result.exitCode === 0) return `Python ${python.version}, ${python.argv[0]}`
    await clean(wish, result)
    problems.said.push(whyNoVenv(python, result, problems))
  }
  return undefined
}

/** Debian and Ubuntu ship Python without the part that puts pip into environments. */
function whyNoVenv({ argv, version }: FoundPython, result: CommandResult, problems: Problems): string {
  if (!/ensurepip|python3[\d.]*-venv|No module named '?venv/i.test(`${result.stdout}${result.stderr}`))
    return `${argv.join(' ')} could not make an environment (${tellingLine(result)})`
  problems.needsVenvPackage = true
  return `${argv.join(' ')} (Python ${version}) lacks its venv part`
}

const byOfferedUv: Way = async (wish, problems, deps, signal) => {
  if (!(await deps.offerUv?.())) return undefined
  const uv = await installUv(wish.cacheDir, isWindows(wish), deps, signal)
  return tryUv(uv, wish, problems, deps, signal)
}

const isWindows = ({ platform }: VenvWish): boolean => platform.startsWith('win32')

async function clean({ dir }: VenvWish, { stdout, stderr }: CommandResult): Promise<void> {
  await rm(dir, { recursive: true, force: true })
  if (isDiskFull(`${stdout}${stderr}`)) throw diskFull('a Python environment', dirname(dir))
}

function missing({ pythonMin, platform }: VenvWish, { said, needsVenvPackage, network }: Problems): LabosError {
  const version = pythonMin.join('.')
  const found = said.length === 0 ? 'no Python was found' : said.join('; ')
  if (network && !needsVenvPackage) {
    return new LabosError('network.download', `The Python environment could not be made: ${found}.`, {
      suggestions: [
        'Check the connection (behind a proxy: set HTTPS_PROXY; a mirror: UV_DEFAULT_INDEX) and run the same command again.',
        `Or install Python ${version} or newer: https://www.python.org/downloads`,
      ],
    })
  }
  const python = `Python ${version} or newer (64-bit): https://www.python.org/downloads`
  const uv = platform.startsWith('win32')
    ? 'uv, which fetches one by itself: `winget install astral-sh.uv`'
    : 'uv, which fetches one by itself: `curl -LsSf https://astral.sh/uv/install.sh | sh`'
  return new LabosError(
    'python.missing',
    `The engine needs Python ${version} or newer, and there is no uv: ${found}.`,
    {
      suggestions: [
        ...(needsVenvPackage ? (['Add the missing part: `apt-get install python3-venv`.'] as const) : ([] as const)),
        `Install ${uv}.`,
        `Or install ${python}.`,
      ] as [string, ...string[]],
    },
  )
}
