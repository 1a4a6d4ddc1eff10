/** A virtual environment with pip in it: by uv, by the system's Python, or by a uv of our own. */
import { rm } from 'node:fs/promises'
import { LabosError } from '../errors/labos-error.js'
import { formatDuration } from '../ui/format.js'
import { installUv, ownUv } from './uv.js'
import type { BootstrapDeps } from './deps.js'

/** Oldest Python that will do, `[3, 10]`. */
type Version = readonly [number, number]

const CANDIDATES: readonly (readonly [string, ...string[]])[] = [['python3'], ['python'], ['py', '-3']]

/** Makes the environment in `dir`. Throws `python.missing` when nothing here can. */
export async function makeVenv(
  dir: string,
  oldest: Version,
  cacheDir: string,
  deps: BootstrapDeps,
  signal: AbortSignal,
): Promise<void> {
  const since = deps.clock.monotonicMs()
  deps.emit({ type: 'start', step: 'python', text: 'making a Python environment' })
  const by =
    (await byUv(dir, oldest, cacheDir, deps, signal)) ??
    (await byPython(dir, oldest, deps, signal)) ??
    (await byNewUv(dir, oldest, cacheDir, deps, signal))
  if (by === undefined) throw missing(oldest)
  deps.emit({ type: 'done', step: 'python', text: `environment by ${by}`, elapsedMs: deps.clock.monotonicMs() - since })
  deps.log(`python environment by ${by} after ${formatDuration(deps.clock.monotonicMs() - since)}`)
}

async function byUv(
  dir: string,
  oldest: Version,
  cacheDir: string,
  deps: BootstrapDeps,
  signal: AbortSignal,
): Promise<string | undefined> {
  const uv = (await deps.machine.which('uv')) ?? (await ownUv(cacheDir))
  return uv === undefined ? undefined : venvBy(uv, dir, oldest, deps, signal)
}

/** `--seed` puts pip into it, so that everything after is one path whoever made the environment. */
async function venvBy(
  uv: string,
  dir: string,
  [major, minor]: Version,
  deps: BootstrapDeps,
  signal: AbortSignal,
): Promise<string | undefined> {
  const range = `>=${String(major)}.${String(minor)}`
  const { exitCode } = await deps.machine.run(
    { argv: [uv, 'venv', '--seed', '--python', range, dir], onLine: deps.log },
    signal,
  )
  if (exitCode === 0) return 'uv'
  await rm(dir, { recursive: true, force: true })
  return undefined
}

async function byPython(
  dir: string,
  oldest: Version,
  deps: BootstrapDeps,
  signal: AbortSignal,
): Promise<string | undefined> {
  for (const [program, ...args] of CANDIDATES) {
    const path = await deps.machine.which(program)
    if (path === undefined) continue
    const version = await versionOf([path, ...args], deps, signal)
    if (!version || !isAtLeast(version, oldest)) continue
    const { exitCode, stdout, stderr } = await deps.machine.run(
      { argv: [path, ...args, '-m', 'venv', dir], onLine: deps.log },
      signal,
    )
    if (exitCode === 0) return `Python ${version.join('.')}`
    await rm(dir, { recursive: true, force: true })
    if (/ensurepip/.test(`${stdout}${stderr}`))
      deps.emit({
        type: 'note',
        step: 'python',
        text: `${path} lacks its venv part; on Debian and Ubuntu: apt-get install python3-venv`,
      })
  }
  return undefined
}

async function byNewUv(
  dir: string,
  oldest: Version,
  cacheDir: string,
  deps: BootstrapDeps,
  signal: AbortSignal,
): Promise<string | undefined> {
  if (!(await deps.offerUv())) return undefined
  return venvBy(await installUv(cacheDir, deps, signal), dir, oldest, deps, signal)
}

async function versionOf(
  argv: readonly [string, ...string[]],
  deps: BootstrapDeps,
  signal: AbortSignal,
): Promise<Version | undefined> {
  const { stdout, stderr } = await deps.machine.run({ argv: [...argv, '--version'] as [string, ...string[]] }, signal)
  const [, major, minor] = /Python (\d+)\.(\d+)/.exec(`${stdout} ${stderr}`) ?? []
  return major === undefined || minor === undefined ? undefined : [Number(major), Number(minor)]
}

const isAtLeast = (found: Version, oldest: Version): boolean =>
  found[0] > oldest[0] || (found[0] === oldest[0] && found[1] >= oldest[1])

const missing = ([major, minor]: Version): LabosError => {
  const version = `${String(major)}.${String(minor)}`
  return new LabosError(
    'python.missing',
    `The engine needs uv, or Python ${version} or newer with venv; neither is here.`,
    {
      suggestions: [
        'Install uv (https://docs.astral.sh/uv), which brings its own Python.',
        `Or install Python ${version}+; on Debian and Ubuntu: \`apt-get install python3-venv\`.`,
      ],
    },
  )
}
