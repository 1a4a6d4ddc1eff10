/** The Pythons that a computer has already. */
import type { BootstrapDeps } from './deps.js'

export interface FoundPython {
  readonly argv: readonly [string, ...string[]]
  /** `3.11` */
  readonly version: string
}

export interface PythonSearch {
  /** Those that will do, best first. */
  readonly fit: readonly FoundPython[]
  /** Why the others will not. */
  readonly unfit: readonly string[]
}

const TELL =
  'import sys; print(sys.implementation.name, "%d.%d" % sys.version_info[:2], 64 if sys.maxsize > 2**32 else 32)'

/** Looks at `python3` and `python` (on Windows at `py -3` and `python`): 64-bit CPython of at least `pythonMin`. */
export async function findPythons(
  pythonMin: readonly [number, number],
  platform: string,
  deps: BootstrapDeps,
  signal: AbortSignal,
): Promise<PythonSearch> {
  const fit: FoundPython[] = []
  const unfit: string[] = []
  for (const [name, ...args] of platform.startsWith('win32') ? WINDOWS : POSIX) {
    const path = await deps.machine.which(name)
    if (path === undefined || (await isAppleStub(path, platform, deps, signal))) continue
    const argv: FoundPython['argv'] = [path, ...args]
    const { exitCode, stdout } = await deps.machine.run({ argv: [...argv, '-I', '-c', TELL] }, signal)
    const [implementation = '', version = '', bits = ''] = exitCode === 0 ? stdout.trim().split(/\s+/) : []
    if (implementation === 'cpython' && bits === '64' && isAtLeast(version, pythonMin)) fit.push({ argv, version })
    else unfit.push(`${path} is ${version === '' ? 'no working Python' : `${implementation} ${version}, ${bits}-bit`}`)
  }
  return { fit, unfit }
}

const POSIX: readonly (readonly [string, ...string[]])[] = [['python3'], ['python']]
const WINDOWS: readonly (readonly [string, ...string[]])[] = [['py', '-3'], ['python']]

/** Without the developer tools macOS's own python3 is a stub: calling it opens a dialog instead of answering. */
async function isAppleStub(path: string, platform: string, deps: BootstrapDeps, signal: AbortSignal): Promise<boolean> {
  if (!platform.startsWith('darwin') || path !== '/usr/bin/python3') return false
  const { exitCode } = await deps.machine.run({ argv: ['/usr/bin/xcode-select', '-p'] }, signal)
  return exitCode !== 0
}

function isAtLeast(version: string, [major, minor]: readonly [number, number]): boolean {
  const [hasMajor = 0, hasMinor = 0] = version.split('.').map(Number)
  return hasMajor > major || (hasMajor === major && hasMinor >= minor)
}
