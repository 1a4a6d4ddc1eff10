/** uv as the maker of virtual environments: the user's own, or one in labos's cache folder. */
import { mkdir, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { LabosError } from '../errors/labos-error.js'
import type { CommandResult } from '../ports.js'
import type { BootstrapDeps } from './deps.js'
import { tellingLine } from './output.js'
import { inStaging } from './staging.js'
import { stallWatch } from '../download/stall.js'

export interface Uv {
  readonly program: string
  /** Keeps what our own uv fetches inside labos's cache folder. */
  readonly env: Readonly<Record<string, string>>
}

/** The uv on PATH, else the one that labos installed before. */
export async function findUv(cacheDir: string, isWindows: boolean, deps: BootstrapDeps): Promise<Uv | undefined> {
  const program = await deps.machine.which('uv')
  if (program !== undefined) return { program, env: {} }
  const own = ownUv(cacheDir, isWindows)
  return (await isFile(own.program)) ? own : undefined
}

/** `--seed` puts pip inside, so that all that follows is the same whoever made the environment. */
export function uvVenv(
  uv: Uv,
  dir: string,
  pythonMin: readonly [number, number],
  deps: BootstrapDeps,
  signal: AbortSignal,
): Promise<CommandResult> {
  const index = deps.env['UV_DEFAULT_INDEX'] ?? deps.env['UV_INDEX_URL'] ?? deps.env['PIP_INDEX_URL']
  return deps.machine.run(
    {
      argv: [uv.program, 'venv', '--no-project', '--seed', '--python', `>=${pythonMin.join('.')}`, dir],
      env: { ...uv.env, ...(index ? { UV_DEFAULT_INDEX: index } : {}) },
      cwd: dirname(dir),
      onLine: deps.log,
    },
    signal,
  )
}

const STALL_MS = 60_000

/**
 * Runs uv's official installer; all it makes lies in labos's cache folder, and PATH and shell profiles stay as they are.
 * Throws `network.download`.
 */
export async function installUv(
  cacheDir: string,
  isWindows: boolean,
  deps: BootstrapDeps,
  signal: AbortSignal,
): Promise<Uv> {
  const own = ownUv(cacheDir, isWindows)
  const url = `https://astral.sh/uv/install.${isWindows ? 'ps1' : 'sh'}`
  const text = await fetchText(url, deps, signal)
  await mkdir(dirname(own.program), { recursive: true, mode: 0o700 })
  const result = await inStaging(cacheDir, deps.clock, async (staging) => {
    const script = join(staging, isWindows ? 'install.ps1' : 'install.sh')
    await writeFile(script, text)
    return await deps.machine.run(
      {
        argv: isWindows
          ? ['powershell.exe', '-NoProfile', '-ExecutionPolicy', 'Bypass', '-File', script]
          : ['sh', script],
        env: installerEnv(dirname(own.program)),
        cwd: staging,
        onLine: deps.log,
      },
      signal,
    )
  })
  if (result.exitCode === 0 && (await isFile(own.program))) return own
  throw notInstalled(url, tellingLine(result))
}

/** `UNMANAGED` leaves no receipt and no self-update behind; the other two say the same to older installers. */
const installerEnv = (dir: string): Record<string, string> => ({
  UV_UNMANAGED_INSTALL: dir,
  UV_INSTALL_DIR: dir,
  UV_NO_MODIFY_PATH: '1',
})

function ownUv(cacheDir: string, isWindows: boolean): Uv {
  const dir = join(cacheDir, 'uv')
  return {
    program: join(dir, isWindows ? 'uv.exe' : 'uv'),
    env: { UV_PYTHON_INSTALL_DIR: join(dir, 'python'), UV_CACHE_DIR: join(dir, 'cache') },
  }
}

async function fetchText(url: string, deps: BootstrapDeps, signal: AbortSignal): Promise<string> {
  const watch = stallWatch(STALL_MS, deps.clock, signal)
  try {
    const response = await deps.fetch(url, { signal: watch.signal })
    if (response.ok) return await response.text()
    throw new Error(`it answered ${String(response.status)}`)
  } catch (error) {
    signal.throwIfAborted()
    throw notInstalled(url, error instanceof Error ? error.message : String(error))
  } finally {
    watch.stop()
  }
}

const notInstalled = (url: string, why: string): LabosError =>
  new LabosError('network.download', `uv could not be installed from ${url}: ${why}.`, {
    suggestions: [
      'Check the connection (behind a proxy: set HTTPS_PROXY) and run the same command again.',
      'Or install Python 3.10 or newer by other means: https://www.python.org/downloads',
    ],
  })

const isFile = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isFile(),
    () => false,
  )
